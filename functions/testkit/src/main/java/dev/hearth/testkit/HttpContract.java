package dev.hearth.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.BeforeEach;

/** Sends requests just as written: targets are raw, headers are those given and no others. */
public abstract class HttpContract implements TestedServer {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Names and values of headers that let {@link #awaitModel} in. */
    protected String[] credentials() {
        return new String[0];
    }

    /** A prediction is held until the model is loaded; status is not. */
    @BeforeEach
    final void awaitModel() {
        assertThat(post("/v1/models/" + model() + ":predict", "{\"instances\": [1.0]}", credentials())
                        .statusCode())
                .isEqualTo(200);
    }

    protected final HttpResponse<String> get(String target, String... headers) {
        return send("GET", target, "", headers);
    }

    protected final HttpResponse<String> post(String target, String body, String... headers) {
        return send("POST", target, body, headers);
    }

    protected final HttpResponse<String> send(String method, String target, String body, String... headers) {
        return exchange(request(target, headers)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build());
    }

    protected final HttpResponse<String> postBytes(String target, byte[] body, String... headers) {
        return exchange(
                request(target, headers).POST(BodyPublishers.ofByteArray(body)).build());
    }

    protected final HttpResponse<byte[]> postForBytes(String target, String body, String... headers) {
        try {
            return CLIENT.send(
                    request(target, headers).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private HttpRequest.Builder request(String target, String... headers) {
        String base = server().toString();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base.replaceFirst("/$", "") + target));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request;
    }

    private static HttpResponse<String> exchange(HttpRequest request) {
        try {
            return CLIENT.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    protected static JsonNode json(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body());
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + response.body(), e);
        }
    }

    /** The text of an error answer. */
    protected static String error(HttpResponse<String> response) {
        return json(response).path("error").asText();
    }
}
