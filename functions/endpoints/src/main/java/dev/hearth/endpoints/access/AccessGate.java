package dev.hearth.endpoints.access;

import dev.hearth.endpoints.codec.json.ErrorJson;
import dev.hearth.endpoints.error.HttpStatus;
import dev.hearth.endpoints.error.RetryAfter;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.Meters;
import io.quarkus.arc.All;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of every route, on every port and for every protocol: asks what a request needs and whether its
 * credentials grant it, keeps calls for administrators to their port, and holds clients to their limits. Not there at all
 * unless one of these is configured.
 *
 * <p>Runs on event loops before any byte of a body is read; never blocks.
 */
@Singleton
public class AccessGate {

    /** After the notice of draining, before everything else; gRPC's own route is the next. */
    public static final int ORDER = -999;

    private static final CharSequence API_KEY = HttpHeaders.createOptimized("x-api-key");
    private static final CharSequence CHALLENGE = HttpHeaders.createOptimized("Bearer realm=\"hearth\"");

    /** Where answers tell browsers that pages of other origins may have them. */
    private static final Pattern API = Pattern.compile("/v[12](/|$)", Pattern.CASE_INSENSITIVE);

    private final AccessControl control;
    private final AccessOptions options;
    private final Clients clients;
    private final Cors cors;
    private final List<NeedTable> tables;
    private final AtomicLong refusedByLimits = new AtomicLong();

    AccessGate(
            AccessControl control,
            AccessOptions options,
            Clients clients,
            Cors cors,
            MicrometerServingMetrics metrics,
            @All List<NeedTable> tables) {
        metrics.counter(Meters.REFUSED, refusedByLimits, AtomicLong::get, "client_limits");
        this.control = control;
        this.options = options;
        this.clients = clients;
        this.cors = cors;
        this.tables = tables;
    }

    void install(@Observes Router router) {
        if (options.guards()) {
            router.route().order(ORDER).handler(this::guard);
        }
    }

    /** For those who read bodies. What it gives is checked against in the same way whether or not anything is guarded. */
    public Admitted admitted(@Nullable Context context) {
        return options.guards() ? Admitted.of(context) : Admitted.FREELY;
    }

    /** What answers tell browsers, where they may tell it. */
    public Cors cors() {
        return cors;
    }

    /** The decision about the model that a body names. */
    public AccessControl control() {
        return control;
    }

    /**
     * What a request needs, as the first table says that knows it.
     *
     * @param method HTTP method
     * @param target as sent, with query
     * @param path as sent, without query
     * @param normalized path with dots and doubled slashes resolved
     */
    public Need need(String method, String target, String path, String normalized) {
        for (NeedTable table : tables) {
            Need need = table.need(method, target, path);
            if (need != null) {
                // Some routes match the path as sent, some the resolved one: where they differ, neither is trusted.
                return path.equals(normalized) || target.regionMatches(true, 0, "/v1/", 0, 4) ? need : Need.UNDECIDED;
            }
        }
        return Need.UNDECIDED;
    }

    private void guard(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        try {
            Admitted admitted = admit(routing, request);
            admitted.keep(Vertx.currentContext());
        } catch (ServingException refused) {
            if (refused instanceof RefusedException) {
                refusedByLimits.incrementAndGet();
            }
            refuse(request, refused);
            return;
        }
        routing.next();
    }

    private Admitted admit(RoutingContext routing, HttpServerRequest request) {
        String path = String.valueOf(request.path());
        Need need = need(request.method().name(), request.uri(), path, routing.normalizedPath());
        if (need.isNothing()) {
            return Admitted.FREELY;
        }
        boolean closed =
                need.isAdmin() && options.adminPort() != 0 && port(request.localAddress()) != options.adminPort();
        if (closed && need != Need.UNDECIDED) {
            throw new ServingException(
                    ErrorCode.PERMISSION_DENIED, "This call is answered on the port for administrators only");
        }
        Grant grant = control.grant(
                request.getHeader(HttpHeaders.AUTHORIZATION), request.getHeader(API_KEY), new PeerNames(request));
        if (closed) {
            throw nothingThere(request);
        }
        control.check(grant, need);
        ClientUse use = clients.of(grant, host(request.remoteAddress()));
        if (use != null) {
            begin(use, routing, request);
        }
        return new Admitted(need.reach() == Need.Reach.IN_BODY ? grant : Grant.OPEN, use);
    }

    /** What nobody has decided about is not there, as far as we know; it is not looked for on a port for everybody. */
    private static ServingException nothingThere(HttpServerRequest request) {
        return isGrpc(request)
                ? ServingException.unimplemented("There is no such method")
                : ServingException.notFound("There is nothing at this path");
    }

    private static int port(@Nullable SocketAddress address) {
        return address == null ? 0 : address.port();
    }

    private static String host(@Nullable SocketAddress address) {
        return address == null ? "" : String.valueOf(address.hostAddress());
    }

    private static void begin(ClientUse use, RoutingContext routing, HttpServerRequest request) {
        long announced = announced(request);
        use.begin(announced);
        if (isGrpc(request)) {
            // Who answers gRPC calls listens for failures itself, and takes the place of the routing context there.
            request.response().closeHandler(closed -> use.end(announced));
        } else {
            routing.addEndHandler(ended -> use.end(announced));
        }
    }

    /** Bytes of a body as its request says; 0 where it does not say, or unreadably. */
    public static long announced(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? 0 : Math.max(0, Long.parseLong(length));
        } catch (NumberFormatException unreadable) {
            return 0;
        }
    }

    private static boolean isGrpc(HttpServerRequest request) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        return request.version() == HttpVersion.HTTP_2
                && type != null
                && type.toLowerCase(Locale.ROOT).startsWith("application/grpc");
    }

    private void refuse(HttpServerRequest request, ServingException error) {
        HttpServerResponse response = request.response();
        error.retryAfter().ifPresent(wait -> response.putHeader(RetryAfter.HEADER, RetryAfter.seconds(wait))
                .putHeader(RetryAfter.HEADER_MILLIS, RetryAfter.millis(wait)));
        if (isGrpc(request)) {
            // Texts of refusals are plain ASCII: nothing to encode.
            var unused = response.putHeader(HttpHeaders.CONTENT_TYPE, "application/grpc")
                    .putHeader("grpc-status", Integer.toString(error.code().number()))
                    .putHeader("grpc-message", error.getMessage())
                    .end();
        } else {
            if (options.cors() && API.matcher(String.valueOf(request.path())).lookingAt()) {
                cors.allow(response);
            }
            if (error.code() == ErrorCode.UNAUTHENTICATED) {
                response.putHeader("WWW-Authenticate", CHALLENGE);
            }
            var unused = response.setStatusCode(HttpStatus.ofFunctions(error.code()))
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                    .end(Buffer.buffer(ErrorJson.write(error.getMessage()).toByteArray()));
        }
        // What still comes of the body is dropped as it comes.
        request.resume();
    }
}
