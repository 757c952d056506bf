package dev.hearth.endpoints.error;

import dev.hearth.endpoints.codec.json.ErrorJson;
import dev.hearth.engine.error.ServingException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Errors of resource classes as JSON, by Hearth's own table. */
public class FunctionErrors {

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
