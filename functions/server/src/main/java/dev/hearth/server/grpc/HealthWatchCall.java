package dev.hearth.server.grpc;

import com.google.protobuf.ExtensionRegistryLite;
import dev.hearth.engine.error.ServingException;
import dev.hearth.server.grpc.ServiceHealth.Health;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One {@code Watch} call of grpc.health.v1: the status at once, then every other status, until the client leaves. While
 * draining it ends by itself after NOT_SERVING, since an open stream would hold up the end of the process.
 *
 * <p>Everything happens on the stream's event loop.
 */
final class HealthWatchCall {

    /** A name of a service or a model is short. */
    private static final int LONGEST_REQUEST = 64 << 10;

    private final ServiceHealth health;
    private final HttpServerRequest request;
    private final Context context;
    private final MessageFrame frame = new MessageFrame(LONGEST_REQUEST);
    private @Nullable Health last;
    private @Nullable Runnable stop;
    private boolean closed;

    HealthWatchCall(ServiceHealth health, HttpServerRequest request, Context context) {
        this.health = health;
        this.request = request;
        this.context = context;
    }

    void start() {
        request.response().exceptionHandler(gone -> close());
        request.exceptionHandler(gone -> close());
        request.handler(chunk -> {
            try {
                frame.add(chunk);
            } catch (ServingException e) {
                fail(e);
            }
        });
        request.endHandler(end -> received());
    }

    private void received() {
        if (closed) {
            return;
        }
        try {
            frame.complete();
            String name = HealthCheckRequest.parseFrom(
                            frame.content(request.getHeader(GrpcHeaders.ENCODING)),
                            ExtensionRegistryLite.getEmptyRegistry())
                    .getService();
            stop = health.watch(name, status -> context.runOnContext(nothing -> next(status)));
        } catch (ServingException e) {
            fail(e);
        } catch (IOException e) {
            fail(ServingException.invalidArgument("Malformed request of Watch: " + e.getMessage()));
        }
    }

    private void next(Health status) {
        if (closed) {
            return;
        }
        HttpServerResponse response = request.response();
        if (status != last) {
            if (last == null) {
                response.headers().set(GrpcHeaders.CONTENT_TYPE, GrpcHeaders.GRPC);
                response.setChunked(true);
            }
            last = status;
            var unused = response.write(UnaryCall.framed(status.response()));
        }
        if (health.draining()) {
            close();
            response.trailers().set(GrpcHeaders.STATUS, "14").set(GrpcHeaders.MESSAGE, "The server is shutting down");
            var unused = response.end();
        }
    }

    private void fail(ServingException error) {
        if (!closed) {
            close();
            GrpcHeaders.trailersOnly(request, error);
        }
    }

    private void close() {
        closed = true;
        if (stop != null) {
            stop.run();
        }
    }
}
