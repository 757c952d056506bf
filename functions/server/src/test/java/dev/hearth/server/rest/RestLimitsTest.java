package dev.hearth.server.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.server.grpc.ScriptedModels;
import dev.hearth.testkit.HttpContract;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Bodies beyond the limits that {@link ScriptedModels} sets: 1,000,000 bytes sent, 2,000,000 decompressed. */
@QuarkusTest
@WithTestResource(ScriptedModels.class)
class RestLimitsTest extends HttpContract {

    @TestHTTPResource("/")
    URI server;

    @Override
    public URI server() {
        return server;
    }

    private String predict() {
        return "/v1/models/" + model() + ":predict";
    }

    private List<String> readers() {
        return List.of(predict(), "/functions/predict/" + model(), "/functions/protobuf/Predict");
    }

    @Test
    void refusesABodyThatIsAnnouncedTooLong() {
        for (String path : readers()) {
            HttpResponse<String> response = post(path, " ".repeat(1_000_001));
            assertThat(response.statusCode()).as(path).isEqualTo(413);
            assertThat(error(response)).isEqualTo("The request body is longer than the limit of 1000000 bytes");
        }
        assertThat(post(predict(), "{\"instances\":[1]}").statusCode()).isEqualTo(200);
    }

    @Test
    void refusesABodyThatTurnsOutTooLong() throws IOException {
        for (String path : readers()) {
            try (Socket socket = new Socket(server.getHost(), server.getPort())) {
                StringBuilder request = new StringBuilder("POST " + path
                        + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
                String chunk = "10000\r\n" + " ".repeat(0x10000) + "\r\n";
                for (int i = 0; i < 20; i++) {
                    request.append(chunk);
                }
                request.append("0\r\n\r\n");
                socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.US_ASCII));
                assertThat(readAll(socket.getInputStream()))
                        .as(path)
                        .startsWith("HTTP/1.1 413 ")
                        .contains("longer than the limit of 1000000 bytes");
            }
        }
    }

    @Test
    void readsABodyInChunks() throws IOException {
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            String request = "POST " + predict()
                    + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "7\r\n{\"insta\r\n8\r\nnces\":[1\r\n2\r\n]}\r\n0\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            assertThat(readAll(socket.getInputStream()))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("2.5");
        }
    }

    @Test
    void refusesABodyThatUnpacksTooLong() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(" ".repeat(2_000_001).getBytes(StandardCharsets.US_ASCII));
        }
        for (String path : List.of(predict(), "/functions/predict/" + model())) {
            HttpResponse<String> response = postBytes(path, out.toByteArray(), "Content-Encoding", "gzip");
            assertThat(response.statusCode()).as(path).isEqualTo(413);
            assertThat(error(response)).contains("2000000");
        }
    }

    @Test
    void survivesNestingWithoutEnd() {
        HttpResponse<String> response = post(predict(), "[".repeat(900_000));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(error(response)).startsWith("JSON Parse error: ");
    }

    @Test
    void answersErrorsOfModelsByTheirCode() {
        String predict = "/v1/models/throwing:predict";
        HttpResponse<String> aborted = post(predict, "{\"inputs\": [\"because\"]}");
        assertThat(aborted.statusCode()).isEqualTo(409);
        assertThat(error(aborted)).isEqualTo("because");
        HttpResponse<String> bug = post(predict, "{\"inputs\": [\"bug\"]}");
        assertThat(bug.statusCode()).isEqualTo(500);
        assertThat(error(bug)).contains("IllegalStateException: a bug").doesNotContain("at dev.hearth");
    }

    @Test
    void classifiesAndRegresses() {
        HttpResponse<String> classes =
                post("/v1/models/scripted:classify", "{\"signature_name\":\"classify\",\"examples\":[{\"f\":1},{}]}");
        assertThat(classes.statusCode()).as(classes.body()).isEqualTo(200);
        assertThat(classes.body()).startsWith("{\n    \"results\": [[[\"café\", ");
        HttpResponse<String> numbers =
                post("/v1/models/scripted:regress", "{\"signature_name\":\"regress\",\"examples\":[{},{\"f\":1}]}");
        assertThat(json(numbers).path("results").size()).isEqualTo(2);
        HttpResponse<String> missing =
                post("/v1/models/scripted:regress", "{\"examples\":[{}],\"signature_name\":\"x\"}");
        assertThat(missing.statusCode()).isEqualTo(400);
        assertThat(error(missing)).isEqualTo("No signature was found with the name: x");
    }

    @Test
    void keepsShapesAndInfinities() {
        assertThat(json(post(predict(), "{\"inputs\": {\"x\": [[1.0], [2.0]]}}"))
                        .at("/outputs/1/0")
                        .asDouble())
                .isEqualTo(3.0);
        assertThat(post(predict(), "{\"instances\": [NaN, Infinity, -Infinity]}")
                        .body())
                .contains("[NaN, Infinity, -Infinity");
    }

    @Test
    void showsFailedVersions() {
        assertThat(post("/v1/models/unloadable:predict", "{\"instances\":[1]}").statusCode())
                .isGreaterThanOrEqualTo(400);
        HttpResponse<String> response = get("/v1/models/unloadable");
        assertThat(json(response).at("/model_version_status/0/state").asText()).isEqualTo("END");
        assertThat(json(response)
                        .at("/model_version_status/0/status/error_message")
                        .asText())
                .isEqualTo("no model in there");
        assertThat(json(get("/functions/model-status/unloadable"))
                        .at("/versions/0/error/code")
                        .asText())
                .isEqualTo("NOT_FOUND");
    }

    private static String readAll(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
}
