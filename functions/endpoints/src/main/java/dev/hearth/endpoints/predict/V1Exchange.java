package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.ErrorJson;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.endpoints.error.HttpStatus;
import dev.hearth.endpoints.error.RetryAfter;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.metrics.RequestMeters;
import dev.hearth.endpoints.modelstatus.ModelQueries;
import dev.hearth.endpoints.trace.RequestTrace;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.trace.CurrentTrace;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One call below {@code /v1}, from its first byte to its last.
 *
 * <p>Everything here runs on the call's event loop, but reading and writing of long texts, which go to the workers, and
 * the engine's part. A client that goes away cancels the work that has not begun.
 */
final class V1Exchange implements IncomingBody.Reader, Forwarding.Exchange {

    /** Texts up to here are read and written on the event loop: about 200 microseconds. */
    private static final int SHORT = 64 << 10;

    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence GZIP = HttpHeaders.createOptimized("gzip");

    private static final CharSequence CACHE = HttpHeaders.createOptimized(CacheHeader.RESULT);

    /** What all exchanges share. */
    record Shared(
            ServingEngine engine,
            RestCalls calls,
            ModelQueries models,
            RestOptions options,
            RestWorkers workers,
            IncomingBody.Room room,
            UnreadAnswers unread,
            ParseGate gate,
            RequestMeters meters,
            Fallback fallback) {}

    private final Shared shared;
    private final RoutingContext routing;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Context loop;
    private final long started;
    private RestTarget target = RestTarget.MALFORMED;
    private RequestWishes wishes = RequestWishes.NONE;
    private @Nullable CompletableFuture<?> call;
    private Deadline deadline = Deadline.NONE;
    private RequestTrace trace = RequestTrace.NONE;
    private final Forwarding forwarding;
    private @Nullable IncomingBody incoming;
    private volatile boolean gone;

    V1Exchange(Shared shared, RoutingContext routing) {
        this.shared = shared;
        this.routing = routing;
        this.request = routing.request();
        this.response = request.response();
        this.loop = routing.vertx().getOrCreateContext();
        this.started = shared.engine().ticker().nanos();
        this.forwarding = new Forwarding(shared.fallback(), request, this);
    }

    void begin() {
        if (request.method() == HttpMethod.OPTIONS) {
            preflight();
            return;
        }
        target = RestTarget.of(request.method().name(), request.uri());
        switch (target.kind()) {
            case PREDICT, CLASSIFY, REGRESS -> receive();
            case STATUS, METADATA -> {
                request.resume();
                attempt(this::query);
            }
            case UNREADABLE_VERSION -> {
                request.resume();
                send(400, Buffer.buffer(), ErrorCode.INVALID_ARGUMENT);
            }
            case MALFORMED -> {
                request.resume();
                fail(ServingException.invalidArgument(
                        "Malformed request: " + request.method().name() + " " + request.uri()));
            }
        }
    }

    private void preflight() {
        request.resume();
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        boolean web = origin != null && (origin.contains("http://") || origin.contains("https://"));
        cors();
        measure(web ? null : ErrorCode.INVALID_ARGUMENT);
        var unused = response.setStatusCode(web ? 200 : 400).end();
    }

    private void query() {
        if (target.kind() == RestTarget.Kind.STATUS) {
            sendText(shared.models().status(target.model(), target.selector()));
            return;
        }
        CompletableFuture<String> metadata = shared.models().metadata(target.model(), target.selector(), fromNow());
        var unused = metadata.whenComplete((text, failure) -> onLoop(() -> {
            if (failure != null) {
                fail(failure);
            } else {
                sendText(text);
            }
        }));
    }

    /** Whatever goes wrong is told: nobody else would answer the client, or give back what its request holds. */
    private void attempt(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private void sendText(String text) {
        send(200, Buffer.buffer(text.getBytes(StandardCharsets.UTF_8)), null);
    }

    private Deadline fromNow() {
        return shared.engine().deadline(shared.options().timeout());
    }

    private void receive() {
        trace = RequestTrace.of(loop);
        trace.model(target.model());
        deadline = fromNow();
        IncomingBody body = new IncomingBody(shared.room(), request, loop, this);
        if (body.refuseIfTooLong()) {
            return;
        }
        incoming = body;
        routing.addEndHandler(ended -> ended(ended.failed()));
        try {
            wishes = RequestWishes.of(request, shared.engine());
        } catch (ServingException unreadable) {
            body.refuse(unreadable);
            return;
        }
        body.receive();
    }

    @Override
    public void arrived(RequestBytes body) {
        trace.arrived();
        forwarding.arrived(target.model(), body, shared.engine().draining(), () -> process(body));
    }

    private void process(RequestBytes body) {
        try {
            received(body);
        } catch (RuntimeException | Error e) {
            forwarding.failed(e);
        }
    }

    @Override
    public Deadline deadline() {
        return deadline;
    }

    @Override
    public Affinity affinity() {
        return wishes.affinity();
    }

    @Override
    public void asking(CompletableFuture<?> question) {
        call = question;
    }

    @Override
    public void answered(Runnable step) {
        onLoop(() -> {
            if (!gone) {
                step.run();
            }
        });
    }

    @Override
    public void send(Fallback.Answer there) {
        send(200, Buffer.buffer(there.body()), null);
    }

    private void received(RequestBytes body) {
        String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        boolean gzip = encoding != null && encoding.toLowerCase(Locale.ROOT).contains("gzip");
        if (!gzip && body.length() <= SHORT) {
            Deadline left = shared.gate().enterHere(deadline);
            run(body.text(body.length()), left);
            return;
        }
        shared.gate()
                .enter(shared.workers(), () -> read(body, gzip), failure -> onLoop(() -> forwarding.failed(failure)));
    }

    /** On a worker. */
    private void read(RequestBytes body, boolean gzip) {
        if (gone) {
            return;
        }
        if (deadline.passed(shared.engine().ticker())) {
            throw ServingException.deadlineExceeded("Timed out waiting for notification");
        }
        JsonText sent = body.text(body.length());
        JsonText text = gzip ? Gzip.decompress(sent, shared.options().decompressedBytes()) : sent;
        if (text == null) {
            onLoop(() -> tooLong(shared.options().decompressedBytes()));
        } else {
            run(text, deadline);
        }
    }

    private void run(JsonText body, Deadline deadline) {
        RestCalls calls = shared.calls();
        CompletableFuture<RestCalls.Answer> answer =
                CurrentTrace.during(trace, () -> wishes.affinity().during(() -> switch (target.kind()) {
                    case PREDICT ->
                        calls.predict(
                                target.model(), target.selector(), body, deadline, wishes.priority(), wishes.cache());
                    case CLASSIFY ->
                        calls.classify(
                                target.model(), target.selector(), body, deadline, wishes.priority(), wishes.cache());
                    default ->
                        calls.regress(
                                target.model(), target.selector(), body, deadline, wishes.priority(), wishes.cache());
                }));
        if (!answer.isDone() || io.vertx.core.Vertx.currentContext() != loop) {
            onLoop(() -> {
                call = answer;
                if (gone) {
                    answer.cancel(false);
                }
            });
        }
        var unused = answer.whenComplete((ready, failure) -> onLoop(() -> answered(ready, failure)));
    }

    private void onLoop(Runnable step) {
        if (io.vertx.core.Vertx.currentContext() == loop) {
            attempt(step);
        } else {
            loop.runOnContext(v -> attempt(step));
        }
    }

    private void answered(RestCalls.@Nullable Answer answer, @Nullable Throwable failure) {
        if (answer == null) {
            forwarding.failed(failure == null ? new IllegalStateException("no answer") : failure);
            return;
        }
        boolean compress = wantsGzip(answer.roughSize());
        if (!compress && answer.roughSize() <= SHORT) {
            finish(new Written(answer.write(), null));
        } else {
            shared.workers().execute(() -> {
                try {
                    Written written = written(answer);
                    onLoop(() -> finish(written));
                } catch (RuntimeException | Error e) {
                    onLoop(() -> fail(e));
                }
            });
        }
    }

    /** A text, and its compressed form where that is to be sent. */
    private record Written(ByteSink text, byte @Nullable [] compressed) {}

    private Written written(RestCalls.Answer answer) {
        ByteSink text = answer.write();
        return new Written(text, wantsGzip(text.length()) ? Gzip.compress(text) : null);
    }

    private void finish(Written written) {
        String cached = CacheHeader.result(wishes.cache());
        if (cached != null) {
            response.putHeader(CACHE, cached);
        }
        if (written.compressed() != null) {
            response.putHeader(HttpHeaders.CONTENT_ENCODING, GZIP);
            response.putHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
            send(200, Buffer.buffer(written.compressed()), null);
        } else {
            send(200, buffer(written.text()), null);
        }
    }

    private boolean wantsGzip(long size) {
        int from = shared.options().gzipFromBytes();
        if (from == 0 || size < from) {
            return false;
        }
        return Gzip.isAccepted(request.getHeader(HttpHeaders.ACCEPT_ENCODING));
    }

    @Override
    public void tooLong(int limit) {
        send(
                HttpStatus.CONTENT_TOO_LARGE,
                buffer(ErrorJson.write("The request body is longer than the limit of " + limit + " bytes")),
                ErrorCode.RESOURCE_EXHAUSTED);
    }

    @Override
    public void tooSlow() {
        send(
                HttpStatus.REQUEST_TIMEOUT,
                buffer(ErrorJson.write("The request body does not arrive in time")),
                ErrorCode.DEADLINE_EXCEEDED);
        if (request.version() != HttpVersion.HTTP_2) {
            var unused = request.connection().close();
        }
    }

    @Override
    public void refused(ServingException full) {
        fail(full);
    }

    @Override
    public void fail(Throwable failure) {
        ServingException error = ServingException.from(failure);
        error.retryAfter().ifPresent(wait -> response.putHeader(RetryAfter.HEADER, RetryAfter.seconds(wait))
                .putHeader(RetryAfter.HEADER_MILLIS, RetryAfter.millis(wait)));
        send(HttpStatus.ofV1(error.code()), buffer(ErrorJson.write(error.getMessage())), error.code());
    }

    private void send(int status, Buffer body, @Nullable ErrorCode error) {
        measure(error);
        if (response.ended() || response.closed()) {
            return;
        }
        cors();
        response.setStatusCode(status);
        if (status == 429 || status == 499) {
            response.setStatusMessage("Client Error");
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
        shared.unread().end(request, body);
    }

    private void cors() {
        if (shared.options().cors()) {
            shared.room().access().cors().allow(response);
        }
    }

    private void measure(@Nullable ErrorCode error) {
        String api =
                switch (target.kind()) {
                    case PREDICT -> "predict";
                    case CLASSIFY -> "classify";
                    case REGRESS -> "regress";
                    default -> "";
                };
        shared.meters()
                .answered(
                        target.model(),
                        api,
                        "REST",
                        error,
                        shared.engine().ticker().nanos() - started);
    }

    private void ended(boolean early) {
        gone = early;
        CompletableFuture<?> running = call;
        if (early && running != null) {
            running.cancel(false);
        }
        IncomingBody body = incoming;
        if (body != null) {
            body.close();
        }
    }

    private static Buffer buffer(ByteSink text) {
        return BufferImpl.buffer(Unpooled.wrappedBuffer(text.array(), 0, text.length()));
    }
}
