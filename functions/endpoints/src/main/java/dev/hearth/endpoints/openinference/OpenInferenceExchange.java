package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.error.HttpStatus;
import dev.hearth.endpoints.error.RetryAfter;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.predict.CacheHeader;
import dev.hearth.endpoints.predict.Forwarding;
import dev.hearth.endpoints.predict.Gzip;
import dev.hearth.endpoints.predict.IncomingBody;
import dev.hearth.endpoints.predict.ParseGate;
import dev.hearth.endpoints.predict.RequestBytes;
import dev.hearth.endpoints.predict.RequestWishes;
import dev.hearth.endpoints.predict.RestOptions;
import dev.hearth.endpoints.predict.RestWorkers;
import dev.hearth.endpoints.predict.UnreadAnswers;
import dev.hearth.endpoints.trace.RequestTrace;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.trace.CurrentTrace;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.nio.ByteBuffer;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One call below {@code /v2}, from its first byte to its last.
 *
 * <p>Everything here runs on the call's event loop, but reading and writing of long bodies, which go to the workers, and
 * the engine's part. A client that goes away cancels the work that has not begun.
 */
final class OpenInferenceExchange implements IncomingBody.Reader, Forwarding.Exchange {

    /** Bodies up to here are read and written on the event loop: about 200 microseconds. */
    private static final int SHORT = 64 << 10;

    /** Header with the length of the JSON before plain bytes. */
    static final String JSON_LENGTH = "Inference-Header-Content-Length";

    private static final CharSequence LENGTH_OF_JSON = HttpHeaders.createOptimized(JSON_LENGTH);
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence BYTES = HttpHeaders.createOptimized("application/octet-stream");
    private static final CharSequence GZIP = HttpHeaders.createOptimized("gzip");
    private static final CharSequence CACHE = HttpHeaders.createOptimized(CacheHeader.RESULT);

    /** What all exchanges share. */
    record Shared(
            ServingEngine engine,
            OpenInference protocol,
            ShortCalls calls,
            RestOptions options,
            RestWorkers workers,
            IncomingBody.Room room,
            UnreadAnswers unread,
            ParseGate gate,
            Fallback fallback) {}

    private final Shared shared;
    private final RoutingContext routing;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Context loop;
    private RequestTrace trace = RequestTrace.NONE;
    private final Target target;
    private Deadline deadline = Deadline.NONE;
    private RequestWishes wishes = RequestWishes.NONE;
    private @Nullable CompletableFuture<?> call;
    private final Forwarding forwarding;
    private @Nullable IncomingBody incoming;
    private volatile boolean gone;

    OpenInferenceExchange(Shared shared, RoutingContext routing) {
        this.shared = shared;
        this.routing = routing;
        this.request = routing.request();
        this.response = request.response();
        this.loop = routing.vertx().getOrCreateContext();
        this.target = Target.of(request.uri());
        this.forwarding = new Forwarding(shared.fallback(), request, this);
    }

    void begin() {
        deadline = shared.engine().deadline(shared.options().timeout());
        if (shared.options().cors()) {
            shared.room().access().cors().allow(response);
            if (request.method() == HttpMethod.OPTIONS) {
                request.resume();
                var unused = response.setStatusCode(200).end();
                return;
            }
        }
        if (target.kind() == Target.Kind.UNKNOWN) {
            request.resume();
            send(404, JsonAnswers.error("Not Found"));
            return;
        }
        String verb = request.method().name();
        if (!target.kind().verbs().contains(verb)) {
            request.resume();
            response.putHeader(
                    HttpHeaders.ALLOW, String.join(", ", target.kind().verbs()));
            send(405, JsonAnswers.error("Method Not Allowed"));
            return;
        }
        if (verb.equals("GET")) {
            request.resume();
            routing.addEndHandler(ended -> ended(ended.failed()));
            attempt(() -> await(shared.calls().query(target, shared.engine().configuredModels(), deadline)));
        } else {
            receive();
        }
    }

    /** Whatever goes wrong is told: nobody else would answer the client, or give back what its request holds. */
    private void attempt(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private void control(RequestBytes body) {
        await(shared.calls().control(target, body.text(body.length())));
    }

    private void await(CompletableFuture<ShortCalls.Reply> coming) {
        call = coming;
        var unused = coming.whenComplete((reply, failure) -> onLoop(() -> {
            if (reply == null) {
                fail(failure == null ? new IllegalStateException("no answer") : failure);
            } else {
                send(reply.status(), reply.body());
            }
        }));
    }

    private void receive() {
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
        if (target.kind() != Target.Kind.INFER) {
            attempt(() -> control(body));
            return;
        }
        trace = RequestTrace.of(loop);
        trace.model(target.model());
        trace.arrived();
        if (shared.protocol().memory().enabled()) {
            // Regions of shared memory are of this machine: a request with them means nothing elsewhere.
            process(body);
        } else {
            forwarding.arrived(target.model(), body, shared.engine().draining(), () -> process(body));
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
            if (!gone && !over()) {
                step.run();
            }
        });
    }

    @Override
    public void send(Fallback.Answer there) {
        boolean binary = there.headers().containsKey(Fallback.JSON_LENGTH);
        response.putHeader(HttpHeaders.CONTENT_TYPE, binary ? BYTES : JSON);
        shared.unread().end(request, Buffer.buffer(there.body()));
    }

    private void process(RequestBytes body) {
        String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        boolean compressed = Compression.isCompressed(encoding);
        try {
            if (!compressed && body.length() <= SHORT) {
                deadline = shared.gate().enterHere(deadline);
                infer(body);
                return;
            }
            shared.gate()
                    .enter(
                            shared.workers(),
                            () -> read(body, compressed ? encoding : null),
                            failure -> onLoop(() -> forwarding.failed(failure)));
        } catch (RuntimeException | Error e) {
            forwarding.failed(e);
        }
    }

    /** On a worker. */
    private void read(RequestBytes body, @Nullable String encoding) {
        if (gone) {
            return;
        }
        if (deadline.passed(shared.engine().ticker())) {
            throw ServingException.deadlineExceeded("Timed out waiting for notification");
        }
        int limit = shared.options().decompressedBytes();
        RequestBytes plain = encoding == null ? body : Compression.decompress(body, encoding, limit);
        if (plain == null) {
            onLoop(() -> tooLong(limit));
        } else {
            infer(plain);
        }
    }

    private OptionalInt jsonLength() {
        String header = request.getHeader(LENGTH_OF_JSON);
        if (header == null) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Integer.parseUnsignedInt(header.trim()));
        } catch (NumberFormatException e) {
            throw ServingException.invalidArgument(
                    "Unable to parse " + JSON_LENGTH + ", got: " + header.substring(0, Math.min(64, header.length())));
        }
    }

    private void infer(RequestBytes body) {
        HttpInference.Call read = HttpInference.read(
                target.model(),
                target.version(),
                body,
                jsonLength(),
                shared.options().json(),
                shared.protocol().memory());
        CompletableFuture<InferAnswer> answer = CurrentTrace.during(trace, () -> wishes.affinity()
                .during(() ->
                        shared.protocol().calls().infer(read.request(), deadline, wishes.priority(), wishes.cache())));
        if (!answer.isDone() || Vertx.currentContext() != loop) {
            onLoop(() -> {
                call = answer;
                if (gone) {
                    answer.cancel(false);
                }
            });
        }
        var unused = answer.whenComplete((ready, failure) -> onLoop(() -> answered(ready, failure, read.binary())));
    }

    private void onLoop(Runnable step) {
        if (Vertx.currentContext() == loop) {
            attempt(step);
        } else {
            loop.runOnContext(v -> attempt(step));
        }
    }

    private void answered(@Nullable InferAnswer answer, @Nullable Throwable failure, boolean binary) {
        if (answer == null) {
            forwarding.failed(failure == null ? new IllegalStateException("no answer") : failure);
            return;
        }
        if (gone) {
            return;
        }
        long size = HttpInference.roughSize(answer, binary);
        int gzipFrom = shared.options().gzipFromBytes();
        boolean gzip =
                gzipFrom > 0 && size >= gzipFrom && Gzip.isAccepted(request.getHeader(HttpHeaders.ACCEPT_ENCODING));
        if (!gzip && HttpInference.roughWork(answer, binary) <= SHORT) {
            succeed(HttpInference.write(answer, binary), null);
            return;
        }
        shared.workers().execute(() -> {
            try {
                HttpInference.Written written = HttpInference.write(answer, binary);
                byte[] small = gzip ? gzipped(written) : null;
                onLoop(() -> succeed(written, small));
            } catch (RuntimeException | Error e) {
                onLoop(() -> fail(e));
            }
        });
    }

    private static byte @Nullable [] gzipped(HttpInference.Written written) {
        ByteBuffer whole = RawTensors.joined(written.pieces());
        return Gzip.compress(whole.array(), whole.remaining());
    }

    private void succeed(HttpInference.Written written, byte @Nullable [] compressed) {
        if (over()) {
            return;
        }
        String cached = CacheHeader.result(wishes.cache());
        if (cached != null) {
            response.putHeader(CACHE, cached);
        }
        if (written.jsonLength().isPresent()) {
            response.putHeader(
                    LENGTH_OF_JSON, Integer.toString(written.jsonLength().getAsInt()));
        }
        Buffer body = BufferImpl.buffer(Unpooled.wrappedBuffer(written.pieces()));
        if (compressed != null) {
            response.putHeader(HttpHeaders.CONTENT_ENCODING, GZIP)
                    .putHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
            body = Buffer.buffer(compressed);
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, written.jsonLength().isPresent() ? BYTES : JSON);
        shared.unread().end(request, body);
    }

    @Override
    public void refused(ServingException full) {
        fail(full);
    }

    @Override
    public void tooLong(int limit) {
        send(
                HttpStatus.CONTENT_TOO_LARGE,
                JsonAnswers.error("The request body is longer than the limit of " + limit + " bytes"));
    }

    @Override
    public void tooSlow() {
        send(HttpStatus.REQUEST_TIMEOUT, JsonAnswers.error("The request body does not arrive in time"));
        if (request.version() != HttpVersion.HTTP_2) {
            var unused = request.connection().close();
        }
    }

    @Override
    public void fail(Throwable failure) {
        ServingException error = ServingException.from(failure);
        if (!over()) {
            error.retryAfter().ifPresent(wait -> response.putHeader(RetryAfter.HEADER, RetryAfter.seconds(wait))
                    .putHeader(RetryAfter.HEADER_MILLIS, RetryAfter.millis(wait)));
        }
        send(HttpStatus.ofV2(error.code()), JsonAnswers.error(error.getMessage()));
    }

    private void send(int status, ByteSink body) {
        if (over()) {
            return;
        }
        response.setStatusCode(status);
        if (body.length() == 0) {
            var unused = response.end();
            return;
        }
        Buffer bytes = BufferImpl.buffer(Unpooled.wrappedBuffer(body.array(), 0, body.length()));
        response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
        shared.unread().end(request, bytes);
    }

    private boolean over() {
        return response.ended() || response.closed();
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
}
