package dev.hearth.server.fallback;

import dev.hearth.endpoints.fallback.Fallback;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Asks another Hearth over HTTP. Thread-safe; never blocks: the client has threads of its own, {@code
 * hearth-fallback-N}, made when something is asked for the first time.
 */
final class HttpQuestion {

    /** It answered, but with a refusal of this one request: nothing is wrong with the place. */
    static final class Declined extends RuntimeException {
        Declined(int status) {
            super("The fallback answered " + status, null, false, false);
        }
    }

    /** It cannot answer now. */
    static final class Unavailable extends RuntimeException {
        Unavailable(int status) {
            super("The fallback answered " + status, null, false, false);
        }
    }

    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERRORS = 500;

    private final FallbackOptions options;
    private @Nullable HttpClient client;

    HttpQuestion(FallbackOptions options) {
        this.options = options;
    }

    private synchronized HttpClient client() {
        HttpClient known = client;
        if (known == null) {
            known = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(options.timeout())
                    .executor(threads())
                    .build();
            client = known;
        }
        return known;
    }

    private static Executor threads() {
        AtomicInteger number = new AtomicInteger();
        return Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "hearth-fallback-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Cancelling the future ends the exchange. */
    CompletableFuture<Fallback.Answer> ask(Fallback.Question question, Duration atMost) {
        HttpRequest.Builder request;
        try {
            request = HttpRequest.newBuilder(URI.create(options.server() + question.target()))
                    .timeout(atMost)
                    .header(Fallback.FORWARDED, "1")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(question.body()));
            question.headers().forEach(request::header);
        } catch (IllegalArgumentException unwritable) {
            // Servers take targets and headers that Java's client does not send.
            return CompletableFuture.failedFuture(new Declined(BAD_REQUEST));
        }
        options.authorization().ifPresent(value -> request.header("Authorization", value));
        CompletableFuture<HttpResponse<byte[]>> exchange =
                client().sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        CompletableFuture<Fallback.Answer> answer = exchange.thenApply(HttpQuestion::read);
        var unused = answer.whenComplete((there, failure) -> {
            if (answer.isCancelled()) {
                exchange.cancel(true);
            }
        });
        return answer;
    }

    private static Fallback.Answer read(HttpResponse<byte[]> response) {
        int status = response.statusCode();
        if (status == OK) {
            Map<String, String> headers = new HashMap<>();
            Fallback.Answer.HEADERS.forEach(
                    name -> response.headers().firstValue(name).ifPresent(value -> headers.put(name, value)));
            return new Fallback.Answer(headers, response.body());
        }
        throw status == TOO_MANY || status >= SERVER_ERRORS ? new Unavailable(status) : new Declined(status);
    }
}
