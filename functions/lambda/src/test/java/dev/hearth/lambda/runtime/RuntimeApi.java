package dev.hearth.lambda.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The Runtime API of Lambda (version 2018-06-01), that a runtime polls for events and sends answers to; with the part that
 * SnapStart adds. Answers longer than Lambda's limit are refused as Lambda does.
 */
public final class RuntimeApi implements AutoCloseable {

    private static final String PREFIX = "/2018-06-01/runtime/";
    private static final int LIMIT = 6 << 20;
    /** What one invocation may take in these tests. */
    private static final long SECONDS = 60;

    /** How an invocation ended. */
    public record Outcome(boolean error, byte[] body) {
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    private record Event(String id, byte[] body) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "runtime-api");
        thread.setDaemon(true);
        return thread;
    });
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Map<String, CompletableFuture<Outcome>> open = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();
    private final CompletableFuture<Outcome> started = new CompletableFuture<>();
    private final CompletableFuture<Void> snapshot = new CompletableFuture<>();
    private final CompletableFuture<Void> restored = new CompletableFuture<>();

    public RuntimeApi() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext(PREFIX, this::serve);
        server.start();
    }

    /** As {@code AWS_LAMBDA_RUNTIME_API} names it. */
    public String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** Done when the function asks for its first event; an error where the init phase failed. */
    public CompletableFuture<Outcome> started() {
        return started;
    }

    /** Done when the function may be snapshotted. */
    public CompletableFuture<Void> snapshot() {
        return snapshot;
    }

    /** Lets the function go on as a restored one. */
    public void restore() {
        restored.complete(null);
    }

    /** Sends an event and waits for the answer. */
    public Outcome invoke(byte[] event) {
        String id = "event-" + number.incrementAndGet();
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        open.put(id, outcome);
        events.add(new Event(id, event));
        try {
            return outcome.get(SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the function did not answer " + id, e);
        }
    }

    public Outcome invoke(String event) {
        return invoke(event.getBytes(StandardCharsets.UTF_8));
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath().substring(PREFIX.length());
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (path.equals("invocation/next")) {
                next(exchange);
            } else if (path.equals("restore/next")) {
                snapshot.complete(null);
                restored.join();
                exchange.sendResponseHeaders(200, -1);
            } else if (path.equals("init/error") || path.equals("restore/error")) {
                started.complete(new Outcome(true, body));
                exchange.sendResponseHeaders(202, -1);
            } else {
                String[] parts = path.split("/");
                boolean error = parts[2].equals("error");
                boolean tooLong = !error && body.length > LIMIT;
                end(parts[1], new Outcome(error || tooLong, body));
                exchange.sendResponseHeaders(tooLong ? 413 : 202, -1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void next(HttpExchange exchange) throws IOException, InterruptedException {
        started.complete(new Outcome(false, new byte[0]));
        Event event = events.take();
        exchange.getResponseHeaders().add("Lambda-Runtime-Aws-Request-Id", event.id());
        exchange.getResponseHeaders()
                .add("Lambda-Runtime-Deadline-Ms", Long.toString(System.currentTimeMillis() + SECONDS * 1000));
        exchange.getResponseHeaders()
                .add("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:local:000000000000:function:hearth");
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, event.body().length);
        exchange.getResponseBody().write(event.body());
    }

    private void end(String id, Outcome outcome) {
        CompletableFuture<Outcome> waiting = open.remove(id);
        if (waiting != null) {
            waiting.complete(outcome);
        }
    }

    @Override
    public void close() {
        restored.complete(null);
        server.stop(0);
        threads.shutdownNow();
    }
}
