package dev.hearth.server.grpc;

import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.predict.CacheHeader;
import dev.hearth.endpoints.predict.PriorityHeader;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/** Names and values of headers (gRPC over HTTP/2 protocol), in the form that is written without encoding. */
final class GrpcHeaders {

    static final CharSequence CONTENT_TYPE = HttpHeaders.CONTENT_TYPE;
    static final CharSequence GRPC = HttpHeaders.createOptimized("application/grpc");
    static final CharSequence TIMEOUT = HttpHeaders.createOptimized("grpc-timeout");
    static final CharSequence ENCODING = HttpHeaders.createOptimized("grpc-encoding");
    static final CharSequence STATUS = HttpHeaders.createOptimized("grpc-status");
    static final CharSequence OK = HttpHeaders.createOptimized("0");
    static final CharSequence MESSAGE = HttpHeaders.createOptimized("grpc-message");

    static final CharSequence PRIORITY = HttpHeaders.createOptimized(PriorityHeader.NAME);

    static final CharSequence CACHE_CONTROL = HttpHeaders.CACHE_CONTROL;
    static final CharSequence CACHE_RESULT = HttpHeaders.createOptimized(CacheHeader.RESULT);

    static final CharSequence FORWARDED = HttpHeaders.createOptimized(Fallback.FORWARDED);
    static final CharSequence SERVED_BY = HttpHeaders.createOptimized(Fallback.SERVED_BY);

    private static final CharSequence ACCEPT_ENCODING = HttpHeaders.createOptimized("grpc-accept-encoding");
    private static final CharSequence ENCODINGS = HttpHeaders.createOptimized("identity,gzip");
    private static final CharSequence DETAILS = HttpHeaders.createOptimized("grpc-status-details-bin");
    private static final CharSequence RETRY_PUSHBACK = HttpHeaders.createOptimized("grpc-retry-pushback-ms");

    private GrpcHeaders() {}

    /** Ends a response that has sent nothing yet with an error. */
    static void trailersOnly(HttpServerRequest request, ServingException error) {
        HttpServerResponse response = request.response();
        MultiMap headers = response.headers();
        headers.set(CONTENT_TYPE, GRPC);
        headers.set(STATUS, Integer.toString(error.code().number()));
        if (error instanceof RefusedException refusal) {
            RefusalHeaders refused = RefusalHeaders.of(refusal);
            headers.set(MESSAGE, refused.message());
            headers.set(RETRY_PUSHBACK, refused.pushbackMillis());
            headers.set(DETAILS, refused.details());
        } else {
            headers.set(MESSAGE, GrpcErrors.percentEncoded(GrpcErrors.text(error)));
        }
        if (error.code() == ErrorCode.UNIMPLEMENTED) {
            headers.set(ACCEPT_ENCODING, ENCODINGS);
        }
        HalfOpenStreams.close(request, response.end());
    }
}
