package dev.hearth.server.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.hearth.endpoints.access.Admitted;
import dev.hearth.endpoints.access.ClientUse;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.predict.CacheHeader;
import dev.hearth.endpoints.predict.PriorityHeader;
import dev.hearth.endpoints.predict.SlowBodies;
import dev.hearth.endpoints.trace.RequestTrace;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import dev.hearth.engine.trace.CurrentTrace;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One unary call over one HTTP/2 stream (gRPC over HTTP/2 protocol).
 *
 * <p>Threads: the request arrives and the answer leaves on the stream's event loop; small messages are read there, large
 * and compressed ones on a worker; the answer is serialized by the thread that made it, which then hops to the event loop
 * once. {@link #closed} and everything about the response belong to the event loop.
 */
final class UnaryCall<Q extends Message, A extends Message> implements Handler<Buffer>, BiConsumer<A, Throwable> {

    private static final Logger LOG = Logger.getLogger(UnaryCall.class);

    /** Reading a message of this size takes well under a millisecond; more would hold up other calls of the loop. */
    private static final int READ_ON_EVENT_LOOP = 64 << 10;

    private static final int PREFIX = 5;

    private final UnaryMethod<Q, A> method;
    private final CallEnvironment environment;
    private final HttpServerRequest request;
    private final Context context;
    private final MessageFrame frame;
    private final long begunNanos;
    private final Admitted admitted;
    private Deadline deadline = Deadline.NONE;
    private Priority priority = Priority.NORMAL;
    private volatile CacheUse cache = CacheUse.UNWATCHED;
    private volatile Affinity affinity = Affinity.NONE;
    private volatile @Nullable CompletableFuture<A> answer;
    private volatile @Nullable CompletableFuture<?> forwarded;
    /** What came, as long as it may have to be forwarded. */
    private volatile @Nullable Q forwardable;

    private final RequestTrace trace;
    private volatile boolean cancelled;
    private volatile String model = "";
    private long reserved;
    private long reservedOfClient;
    private boolean closed;

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

    UnaryCall(UnaryMethod<Q, A> method, CallEnvironment environment, HttpServerRequest request, Context context) {
        this.method = method;
        this.environment = environment;
        this.request = request;
        this.context = context;
        this.frame = new MessageFrame(environment.messageBytes(), environment.decompressedBytes());
        this.begunNanos = environment.engine().ticker().nanos();
        this.admitted = environment.access().admitted(context);
        this.trace = RequestTrace.of(context);
    }

    /** Listens to the stream; on its event loop. */
    void start() {
        request.response().exceptionHandler(gone -> cancel());
        request.exceptionHandler(gone -> cancel());
        String timeout = request.getHeader(GrpcHeaders.TIMEOUT);
        if (timeout != null) {
            try {
                deadline = environment.engine().deadline(GrpcTimeout.parse(timeout));
            } catch (ServingException e) {
                fail(e);
            }
        }
        cache = CacheHeader.use(request.getHeader(GrpcHeaders.CACHE_CONTROL));
        affinity = environment.engine().affinity(name -> request.getHeader(name));
        String wanted = request.getHeader(GrpcHeaders.PRIORITY);
        if (wanted != null) {
            try {
                priority = PriorityHeader.read(wanted);
            } catch (ServingException e) {
                fail(e);
            }
        }
        request.handler(this);
        if (!closed) {
            environment.slow().begin(arrival);
        }
        request.endHandler(end -> {
            arrival.end();
            received();
        });
    }

    /** The next bytes of the message. */
    @Override
    public void handle(Buffer chunk) {
        if (closed) {
            return;
        }
        try {
            reserve(chunk.length());
            frame.add(chunk);
        } catch (ServingException e) {
            fail(e);
        }
    }

    private void reserve(int bytes) {
        ClientUse client = admitted.use();
        if (client != null) {
            client.takeBytes(bytes);
            reservedOfClient += bytes;
        }
        environment.inFlight().take(bytes);
        reserved += bytes;
    }

    private void received() {
        if (closed) {
            return;
        }
        trace.arrived();
        try {
            frame.complete();
            if (frame.size() > READ_ON_EVENT_LOOP || frame.compressed()) {
                environment.gate().enter(environment.workers(), this::run, e -> onEventLoop(() -> failWith(e)));
                return;
            }
            deadline = environment.gate().enterHere(deadline);
        } catch (RuntimeException | Error e) {
            failWith(e);
            return;
        }
        run();
    }

    private void run() {
        if (cancelled) {
            return;
        }
        if (deadline.passed(environment.engine().ticker())) {
            accept(null, ServingException.deadlineExceeded("Timed out waiting for notification"));
            return;
        }
        try {
            Q message = read();
            model = method.model().apply(message);
            trace.model(model);
            environment.access().control().checkModel(admitted.grant(), model);
            if (method.forwarding() != null
                    && environment.fallback().takes(model)
                    && request.getHeader(GrpcHeaders.FORWARDED) == null) {
                forwardable = message;
                if (environment.engine().draining()) {
                    forward(Fallback.Reason.DRAINING, message, () -> answer(message));
                    return;
                }
            }
            answer(message);
        } catch (InvalidProtocolBufferException e) {
            accept(
                    null,
                    ServingException.invalidArgument("Malformed request of " + method.name() + ": " + e.getMessage()));
        } catch (RuntimeException | Error e) {
            accept(null, e);
        }
    }

    private void answer(Q message) {
        try {
            CompletableFuture<A> coming = CurrentTrace.during(
                    trace, () -> affinity.during(() -> method.answers().to(message, deadline, priority, cache)));
            answer = coming;
            if (cancelled) {
                coming.cancel(false);
            }
            var unused = coming.whenComplete(this);
        } catch (RuntimeException | Error e) {
            accept(null, e);
        }
    }

    /** Asks the fallback, once; on a worker, since the message may be long. */
    private void forward(Fallback.Reason reason, Q message, Runnable otherwise) {
        forwardable = null;
        UnaryMethod.Forwarding<Q> way = Objects.requireNonNull(method.forwarding());
        environment.workers().execute(() -> {
            CompletableFuture<Fallback.Answer> coming;
            try {
                coming = environment
                        .fallback()
                        .ask(way.question(message, model, reason, deadline, priority)
                                .with(affinity.headers()));
            } catch (RuntimeException | Error e) {
                otherwise.run();
                return;
            }
            forwarded = coming;
            if (cancelled) {
                coming.cancel(false);
            }
            var unused = coming.whenComplete((there, failure) -> {
                Buffer bytes = there == null ? null : framed(way, message, there);
                if (bytes == null) {
                    otherwise.run();
                } else {
                    onEventLoop(() -> {
                        request.response().headers().set(GrpcHeaders.SERVED_BY, Fallback.NAME);
                        succeed(bytes);
                    });
                }
            });
        });
    }

    private Q read() throws InvalidProtocolBufferException {
        CodedInputStream in = frame.content(request.getHeader(GrpcHeaders.ENCODING));
        Q message = method.parser().parseFrom(in, ExtensionRegistryLite.getEmptyRegistry());
        in.checkLastTagWas(0);
        return message;
    }

    /** The answer is there, or why there is none; on any thread, once. */
    @Override
    public void accept(@Nullable A message, @Nullable Throwable failure) {
        if (message == null) {
            Throwable reason = failure == null ? new IllegalStateException("no answer") : failure;
            Q asked = forwardable;
            if (asked != null && ServingException.from(reason) instanceof RefusedException) {
                forward(Fallback.Reason.REFUSED, asked, () -> onEventLoop(() -> failWith(reason)));
            } else {
                onEventLoop(() -> failWith(reason));
            }
            return;
        }
        Buffer bytes;
        try {
            bytes = framed(message);
        } catch (RuntimeException | Error e) {
            onEventLoop(() -> failWith(e));
            return;
        }
        onEventLoop(() -> succeed(bytes));
    }

    private void onEventLoop(Runnable action) {
        if (Context.isOnEventLoopThread() && Vertx.currentContext() == context) {
            action.run();
        } else {
            context.runOnContext(nothing -> action.run());
        }
    }

    private void failWith(Throwable failure) {
        if (closed) {
            return;
        }
        ServingException error = ServingException.from(failure);
        if (error.code() == ErrorCode.INTERNAL && error.getCause() != null) {
            LOG.errorf(error.getCause(), "%s failed", method.name());
        }
        fail(error);
    }

    /** The message as it goes onto the wire. */
    @SuppressWarnings("deprecation") // every other way to a buffer copies the bytes once more
    static Buffer framed(Message message) {
        int size = message.getSerializedSize();
        if (size < 0 || size > Integer.MAX_VALUE - 64) {
            throw new ServingException(ErrorCode.RESOURCE_EXHAUSTED, "The answer takes more than 2 GiB");
        }
        byte[] bytes = prefixed(size);
        CodedOutputStream out = CodedOutputStream.newInstance(bytes, PREFIX, size);
        try {
            message.writeTo(out);
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return Buffer.buffer(Unpooled.wrappedBuffer(bytes));
    }

    private static byte[] prefixed(int size) {
        byte[] bytes = new byte[PREFIX + size];
        bytes[1] = (byte) (size >>> 24);
        bytes[2] = (byte) (size >>> 16);
        bytes[3] = (byte) (size >>> 8);
        bytes[4] = (byte) size;
        return bytes;
    }

    /** Null for an answer that does not help. */
    private static <Q> @Nullable Buffer framed(UnaryMethod.Forwarding<Q> way, Q request, Fallback.Answer there) {
        byte[] message;
        try {
            message = way.message(request, there);
        } catch (RuntimeException unreadable) {
            LOG.debugf("The fallback's answer cannot be read: %s", unreadable);
            return null;
        }
        byte[] bytes = prefixed(message.length);
        System.arraycopy(message, 0, bytes, PREFIX, message.length);
        return Buffer.buffer(bytes);
    }

    private void succeed(Buffer bytes) {
        if (close(null)) {
            HttpServerResponse response = request.response();
            response.headers().set(GrpcHeaders.CONTENT_TYPE, GrpcHeaders.GRPC);
            String cached = CacheHeader.result(cache);
            if (cached != null) {
                response.headers().set(GrpcHeaders.CACHE_RESULT, cached);
            }
            response.trailers().set(GrpcHeaders.STATUS, GrpcHeaders.OK);
            environment.unread().end(request, bytes);
        }
    }

    private void fail(ServingException error) {
        if (close(error.code())) {
            GrpcHeaders.trailersOnly(request, error);
        }
    }

    /** The client has gone: nobody waits for the answer any more. */
    private void cancel() {
        if (closed) {
            return;
        }
        closed = true;
        cancelled = true;
        CompletableFuture<A> coming = answer;
        if (coming != null) {
            coming.cancel(false);
        }
        CompletableFuture<?> elsewhere = forwarded;
        if (elsewhere != null) {
            elsewhere.cancel(false);
        }
        settle(ErrorCode.CANCELLED);
    }

    /** Ends the call; false when it has ended before. */
    private boolean close(@Nullable ErrorCode error) {
        if (closed) {
            return false;
        }
        closed = true;
        settle(error);
        return true;
    }

    /** What is done once at the end of every call, however it ends. */
    private void settle(@Nullable ErrorCode error) {
        arrival.end();
        environment.inFlight().release(reserved);
        ClientUse client = admitted.use();
        if (client != null) {
            client.releaseBytes(reservedOfClient);
        }
        if (method.metered()) {
            long nanos = environment.engine().ticker().nanos() - begunNanos;
            environment.meters().answered(model, method.name(), "GRPC", error, nanos);
        }
    }
}
