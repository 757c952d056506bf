package dev.hearth.endpoints.error;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.ErrorJson;
import dev.hearth.engine.error.ServingException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Errors of resource classes as JSON, by Hearth's own table. */
public class FunctionErrors {

    /** Of a body, as it came or decompressed, that is longer than it may be. */
    public static ByteSink tooLong(int limit) {
        return ErrorJson.write("The request body is longer than the limit of " + limit + " bytes");
    }

    /** Of a body that is given up. */
    public static ByteSink tooSlow() {
        return ErrorJson.write("The request body does not arrive in time");
    }

    @ServerExceptionMapper
    public Response map(ServingException error) {
        Response.ResponseBuilder response = Response.status(HttpStatus.ofFunctions(error.code()))
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(ErrorJson.write(error.getMessage()).toByteArray());
        error.retryAfter().ifPresent(wait -> response.header(RetryAfter.HEADER, RetryAfter.seconds(wait))
                .header(RetryAfter.HEADER_MILLIS, RetryAfter.millis(wait)));
        return response.build();
    }
}
