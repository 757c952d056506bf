package dev.hearth.server.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.endpoints.access.Admitted;
import dev.hearth.endpoints.access.ClientUse;
import dev.hearth.endpoints.openinference.OpenInference;
import dev.hearth.endpoints.predict.CacheHeader;
import dev.hearth.endpoints.predict.PriorityHeader;
import dev.hearth.endpoints.predict.SlowBodies;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferResponse;
import dev.hearth.protocol.inference.ModelStreamInferResponse;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One {@code ModelStreamInfer} call: requests are run side by side as they come, their answers leave in the order of the
 * requests. What is wrong with one request is told in its answer and does not end the stream; bytes that are no message
 * do. Reading pauses while many requests wait for their answers, or answers for the client.
 *
 * <p>Everything but reading long messages and running happens on the stream's event loop.
 */
final class ModelStreamCall {

    private static final int READ_ON_EVENT_LOOP = 64 << 10;

    /** Requests of one stream that may be going on. */
    private static final int MOST_PENDING = 256;

    /** Bytes of requests that wait for their answers, from which on no more are read. */
    private static final long MANY_BYTES = 16 << 20;

    private final OpenInference protocol;
    private final CallEnvironment environment;
    private final ServiceHealth health;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Context context;
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final Admitted admitted;
    private MessageFrame frame;
    private Deadline deadline = Deadline.NONE;
    private Priority priority = Priority.NORMAL;
    private @Nullable String cacheControl;
    private Affinity affinity = Affinity.NONE;
    private long reserved;
    private boolean begun;
    private boolean paused;
    private boolean ended;
    private boolean leaving;
    private boolean closed;
    private @Nullable Runnable stopWatching;

    private final SlowBodies.Arrival arrival = new SlowBodies.Arrival() {
        @Override
        protected long received() {
            return frame.size();
        }

        @Override
        protected void tooSlow() {
            fail(ServingException.deadlineExceeded("The message does not arrive in time"));
        }
    };

    private final SlowBodies.Arrival silence = SlowBodies.silence(
            () -> fail(new ServingException(ErrorCode.UNAVAILABLE, "The stream was silent for too long")));

    /** A request whose answer has not left yet. */
    private static final class Pending {
        private final int bytes;
        private volatile @Nullable CompletableFuture<ModelInferResponse> call;
        private volatile boolean dropped;
        private @Nullable Buffer answer;

        Pending(int bytes) {
            this.bytes = bytes;
        }
    }

    ModelStreamCall(
            OpenInference protocol,
            CallEnvironment environment,
            ServiceHealth health,
            HttpServerRequest request,
            Context context) {
        this.protocol = protocol;
        this.environment = environment;
        this.health = health;
        this.request = request;
        this.response = request.response();
        this.context = context;
        this.admitted = environment.access().admitted(context);
        this.frame = frame();
    }

    private MessageFrame frame() {
        return new MessageFrame(environment.messageBytes(), environment.decompressedBytes());
    }

    /** Listens to the stream; on its event loop. */
    void start() {
        response.exceptionHandler(gone -> cancel());
        request.exceptionHandler(gone -> cancel());
        try {
            String timeout = request.getHeader(GrpcHeaders.TIMEOUT);
            if (timeout != null) {
                deadline = environment.engine().deadline(GrpcTimeout.parse(timeout));
            }
            priority = PriorityHeader.read(request.getHeader(GrpcHeaders.PRIORITY));
            cacheControl = request.getHeader(GrpcHeaders.CACHE_CONTROL);
            affinity = environment.engine().affinity(name -> request.getHeader(name));
        } catch (ServingException e) {
            fail(e);
            return;
        }
        response.drainHandler(drained -> flowOn());
        request.handler(this::received);
        watchSilence();
        request.endHandler(end -> {
            ended = true;
            finishIfDone();
        });
        stopWatching = health.watch("", status -> context.runOnContext(nothing -> leaveIfDraining()));
    }

    /** While draining nothing more is read, since an open stream would hold up the end of the process. */
    private void leaveIfDraining() {
        if (health.draining() && !closed) {
            leaving = true;
            finishIfDone();
        }
    }

    private void received(Buffer chunk) {
        silence.end();
        int at = 0;
        try {
            while (!closed && !leaving && at < chunk.length()) {
                int count = (int) Math.min(frame.missing(), chunk.length() - at);
                reserve(count);
                frame.add(chunk.slice(at, at + count));
                at += count;
                if (frame.missing() == 0) {
                    MessageFrame complete = frame;
                    frame = frame();
                    arrival.end();
                    accept(complete);
                }
            }
            watchArrival();
            watchSilence();
        } catch (ServingException e) {
            fail(e);
        }
    }

    /** A stream may be silent between messages; within one it has the time that a body has, unless nobody reads. */
    private void watchArrival() {
        if (closed || leaving || paused || frame.size() == 0) {
            arrival.end();
        } else {
            environment.slow().begin(arrival);
        }
    }

    /** From the last answer, or piece of a message, on. */
    private void watchSilence() {
        if (!closed && !leaving && !ended && pending.isEmpty() && frame.size() == 0) {
            environment.silent().begin(silence);
        }
    }

    private void reserve(int bytes) {
        ClientUse client = admitted.use();
        if (client != null) {
            client.takeBytes(bytes);
        }
        try {
            environment.inFlight().take(bytes);
        } catch (ServingException full) {
            if (client != null) {
                client.releaseBytes(bytes);
            }
            throw full;
        }
        reserved += bytes;
    }

    private void accept(MessageFrame message) {
        Pending next = new Pending(message.size());
        pending.add(next);
        if (full()) {
            paused = true;
            request.pause();
        }
        try {
            if (message.size() > READ_ON_EVENT_LOOP || message.compressed()) {
                environment
                        .gate()
                        .enter(environment.workers(), () -> run(next, message), e -> answered(next, "", null, e));
            } else {
                environment.gate().enterHere(deadline);
                run(next, message);
            }
        } catch (RuntimeException | Error e) {
            answered(next, "", null, e);
        }
    }

    private void run(Pending one, MessageFrame message) {
        if (one.dropped) {
            return;
        }
        ModelInferRequest asked;
        try {
            CodedInputStream in = message.content(request.getHeader(GrpcHeaders.ENCODING));
            asked = ModelInferRequest.parseFrom(in, ExtensionRegistryLite.getEmptyRegistry());
        } catch (InvalidProtocolBufferException e) {
            onLoop(() ->
                    fail(ServingException.invalidArgument("Malformed request of ModelStreamInfer: " + e.getMessage())));
            return;
        } catch (IOException | RuntimeException e) {
            onLoop(() -> fail(ServingException.from(e)));
            return;
        }
        CompletableFuture<ModelInferResponse> call;
        CacheUse cache = CacheHeader.use(cacheControl);
        try {
            environment.access().control().checkModel(admitted.grant(), asked.getModelName());
            call = affinity.during(() -> InferCall.ofStream(protocol, asked, deadline, priority, cache));
        } catch (RuntimeException | Error e) {
            answered(one, asked.getId(), null, e);
            return;
        }
        one.call = call;
        if (one.dropped) {
            call.cancel(false);
        }
        var unused = call.whenComplete((answer, failure) -> answered(one, asked.getId(), answer, failure));
    }

    /** On any thread, once for each request. */
    private void answered(Pending one, String id, @Nullable ModelInferResponse answer, @Nullable Throwable failure) {
        ModelStreamInferResponse.Builder message = ModelStreamInferResponse.newBuilder();
        if (answer != null) {
            message.setInferResponse(answer);
        } else {
            ServingException error =
                    ServingException.from(failure == null ? new IllegalStateException("no answer") : failure);
            message.setErrorMessage(GrpcErrors.text(error))
                    .setInferResponse(ModelInferResponse.newBuilder().setId(id));
        }
        Buffer bytes;
        try {
            bytes = UnaryCall.framed(message.build());
        } catch (RuntimeException e) {
            bytes = UnaryCall.framed(ModelStreamInferResponse.newBuilder()
                    .setErrorMessage(GrpcErrors.text(ServingException.from(e)))
                    .build());
        }
        Buffer framed = bytes;
        onLoop(() -> {
            one.answer = framed;
            send();
        });
    }

    private void onLoop(Runnable step) {
        if (Context.isOnEventLoopThread() && Vertx.currentContext() == context) {
            step.run();
        } else {
            context.runOnContext(nothing -> step.run());
        }
    }

    private void send() {
        while (!closed && !pending.isEmpty()) {
            Buffer answer = pending.peek().answer;
            if (answer == null) {
                break;
            }
            release(pending.remove().bytes);
            begin();
            environment.unread().write(request, answer);
        }
        flowOn();
        finishIfDone();
        watchSilence();
    }

    private void begin() {
        if (!begun) {
            begun = true;
            response.headers().set(GrpcHeaders.CONTENT_TYPE, GrpcHeaders.GRPC);
            response.setChunked(true);
        }
    }

    private void flowOn() {
        // What has come of the next message counts, too: with nothing before it, it has to be read to its end.
        if (paused && !closed && (pending.isEmpty() || !full())) {
            paused = false;
            request.resume();
            watchArrival();
        }
    }

    private boolean full() {
        return pending.size() >= MOST_PENDING || reserved >= MANY_BYTES || response.writeQueueFull();
    }

    private void finishIfDone() {
        if (closed || !pending.isEmpty() || !(ended || leaving)) {
            return;
        }
        if (ended && frame.size() > 0) {
            fail(ServingException.invalidArgument("The stream ends within a message"));
        } else if (ended) {
            end("0", "");
        } else {
            end("14", "The server is shutting down");
        }
    }

    private void fail(ServingException error) {
        if (closed) {
            return;
        }
        if (begun) {
            end(Integer.toString(error.code().number()), GrpcErrors.percentEncoded(GrpcErrors.text(error)));
        } else {
            close();
            GrpcHeaders.trailersOnly(request, error);
        }
    }

    private void end(String status, String text) {
        begin();
        close();
        response.trailers().set(GrpcHeaders.STATUS, status);
        if (!text.isEmpty()) {
            response.trailers().set(GrpcHeaders.MESSAGE, text);
        }
        HalfOpenStreams.close(request, response.end());
    }

    /** The client has gone: nobody waits for the answers any more. */
    private void cancel() {
        if (!closed) {
            close();
        }
    }

    private void close() {
        closed = true;
        arrival.end();
        silence.end();
        if (paused) {
            request.resume();
        }
        if (stopWatching != null) {
            stopWatching.run();
        }
        for (Pending one : pending) {
            one.dropped = true;
            CompletableFuture<ModelInferResponse> call = one.call;
            if (call != null) {
                call.cancel(false);
            }
        }
        pending.clear();
        release(reserved);
    }

    private void release(long bytes) {
        reserved -= bytes;
        environment.inFlight().release(bytes);
        ClientUse client = admitted.use();
        if (client != null) {
            client.releaseBytes(bytes);
        }
    }
}
