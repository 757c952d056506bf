package dev.hearth.lambda.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;

/**
 * What API Gateway does in front of a function: makes an event (payload format 2.0) of every HTTP request, and an HTTP
 * response of every answer. One request at a time, as one instance has it.
 */
public final class HttpFront implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final RuntimeApi api;

    public HttpFront(RuntimeApi api) throws IOException {
        this.api = api;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.start();
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            RuntimeApi.Outcome outcome = api.invoke(JSON.writeValueAsBytes(event(exchange)));
            JsonNode answer = outcome.error() ? JSON.createObjectNode() : JSON.readTree(outcome.body());
            byte[] body = body(answer);
            answer.path("headers").properties().forEach(header -> {
                // The server below frames bodies itself.
                if (!header.getKey().equalsIgnoreCase("content-length")
                        && !header.getKey().equalsIgnoreCase("transfer-encoding")) {
                    exchange.getResponseHeaders()
                            .set(header.getKey(), header.getValue().asText());
                }
            });
            exchange.sendResponseHeaders(answer.path("statusCode").asInt(502), body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private static byte[] body(JsonNode answer) {
        String text = answer.path("body").asText("");
        return answer.path("isBase64Encoded").asBoolean()
                ? Base64.getDecoder().decode(text)
                : text.getBytes(StandardCharsets.UTF_8);
    }

    private static ObjectNode event(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        ObjectNode event = JSON.createObjectNode();
        event.put("version", "2.0");
        event.put("routeKey", "$default");
        event.put("rawPath", exchange.getRequestURI().getRawPath());
        String query = exchange.getRequestURI().getRawQuery();
        event.put("rawQueryString", query == null ? "" : query);
        ObjectNode headers = event.putObject("headers");
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
        ObjectNode http = event.putObject("requestContext").putObject("http");
        http.put("method", exchange.getRequestMethod());
        http.put("path", exchange.getRequestURI().getPath());
        http.put("protocol", "HTTP/1.1");
        http.put("sourceIp", "127.0.0.1");
        boolean binary = exchange.getRequestHeaders().containsKey("Content-Encoding");
        event.put("isBase64Encoded", binary);
        if (body.length > 0) {
            event.put(
                    "body",
                    binary ? Base64.getEncoder().encodeToString(body) : new String(body, StandardCharsets.UTF_8));
        }
        return event;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
