package dev.hearth.endpoints.predict;

import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.buffer.impl.BufferImpl;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;
import org.jboss.resteasy.reactive.server.vertx.VertxResteasyReactiveRequestContext;

/**
 * Gives the answers of functions that are bytes as those of the other APIs are given: they count until they are on the wire,
 * and who does not read them loses them. The framework's own writer would leave them in memory for as long as the client
 * likes. What is answered from another thread than an event loop is short, and left to the framework.
 */
@Provider
@Produces(MediaType.WILDCARD)
public class FunctionAnswers implements ServerMessageBodyWriter<byte[]> {

    private final UnreadAnswers unread;

    FunctionAnswers(UnreadAnswers unread) {
        this.unread = unread;
    }

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return type == byte[].class;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return type == byte[].class;
    }

    @Override
    public void writeResponse(byte[] body, Type genericType, ServerRequestContext context) {
        if (Context.isOnEventLoopThread()
                && context.serverResponse() instanceof VertxResteasyReactiveRequestContext vertx) {
            unread.end(vertx.vertxServerRequest(), BufferImpl.buffer(Unpooled.wrappedBuffer(body)));
        } else {
            context.serverResponse().end(body);
        }
    }

    @Override
    public void writeTo(
            byte[] body,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out)
            throws IOException {
        out.write(body);
    }
}
