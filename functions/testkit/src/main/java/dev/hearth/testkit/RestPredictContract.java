package dev.hearth.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Predict as TensorFlow Serving's REST API has it. */
public abstract class RestPredictContract extends HttpContract {

    private String predict() {
        return "/v1/models/" + model() + ":predict";
    }

    @Test
    void answersRowsInTensorFlowServingsLayout() {
        HttpResponse<String> response = post(predict(), "{\"instances\": [1.0, 2.0, 5.0]}");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(response.body()).isEqualTo("{\n    \"predictions\": [2.5, 3.0, 4.5\n    ]\n}");
    }

    @Test
    void answersNamedRowsAndColumns() {
        assertThat(post(predict(), "{\"instances\": [{\"x\": 1}, {\"x\": 2}]}").body())
                .isEqualTo("{\n    \"predictions\": [2.5, 3.0\n    ]\n}");
        assertThat(post(predict(), "{\"inputs\": [1.0, 2.0]}").body())
                .isEqualTo("{\n    \"outputs\": [\n        2.5,\n        3.0\n    ]\n}");
    }

    @Test
    void carriesNumbersThatAreNoNumbersBothWays() {
        assertThat(post(predict(), "{\"instances\": [NaN, 1]}").body()).contains("[NaN, 2.5");
    }

    @Test
    void takesAnyContentTypeAndNoMoreThanTheFirstValue() {
        assertThat(post(predict(), "{\"instances\": [1]} rest", "Content-Type", "application/x-www-form-urlencoded")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void findsVersionsAndIgnoresCaseInThePath() {
        String body = "{\"signature_name\": \"serving_default\", \"instances\": [1]}";
        assertThat(post("/v1/models/" + model() + "/versions/1:predict", body).statusCode())
                .isEqualTo(200);
        assertThat(post("/v1/models/" + model() + "/versions/001:predict", body).statusCode())
                .isEqualTo(200);
        assertThat(post("/V1/Models/" + model() + "/VERSIONS/1:predict", body).statusCode())
                .isEqualTo(200);
        assertThat(post("/v1/models/" + model().replace("_", "%5F") + ":predict", body)
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "NAME:predict|``|400|JSON Parse error: The document is empty",
                "NAME:predict|not json|400|JSON Parse error: Invalid value. at offset: 1",
                "NAME:predict|[]|400|JSON Value: [] Is not object",
                "NAME:predict|{}|400|Missing 'inputs' or 'instances' key",
                "NAME:predict|{\"instances\":{}}|400|Expecting 'instances' to be an list/array",
                "NAME:predict|{\"instances\":[]}|400|No values in 'instances' array",
                "NAME:predict|{\"instances\":[1],\"signature_name\":1}|400|'signature_name' key must be a string value.",
                "NAME:predict|{\"instances\":[1],\"signature_name\":\"no\"}|400|"
                        + "Serving signature name: \"no\" not found in signature def",
                "NAME:predict|{\"instances\":[\"a\"]}|400|is not of expected type: float",
                "NAME:predict|{\"instances\":[[1],[2,3]]}|400|Expecting tensor size: 1 but got: 2",
                "no_such_model:predict|{\"instances\":[1]}|404|Servable not found for request: Latest(no_such_model)",
                "no_such_model:predict|{|400|JSON Parse error",
                "NAME/versions/9:predict|{\"instances\":[1]}|404|Servable not found for request: Specific(NAME, 9)",
                "NAME/labels/none:predict|{\"instances\":[1]}|400|Unrecognized servable version label: none",
                "NAME:PREDICT|{\"instances\":[1]}|400|Malformed request: POST /v1/models/NAME:PREDICT",
                "NAME:predict?a=b|{\"instances\":[1]}|400|Malformed request: POST /v1/models/NAME:predict?a=b",
                "NAME|{\"instances\":[1]}|400|Malformed request: POST /v1/models/NAME",
            })
    void refuses(String path, String body, int status, String text) {
        HttpResponse<String> response = post("/v1/models/" + path.replace("NAME", model()), body);
        assertThat(error(response)).contains(text.replace("NAME", model()));
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(response.body()).startsWith("{\n    \"error\": \"").endsWith("\"\n}");
    }

    @Test
    void answersAVersionBeyondEveryNumberWithAnEmptyBody() {
        HttpResponse<String> response =
                post("/v1/models/" + model() + "/versions/9223372036854775808:predict", "{\"instances\":[1]}");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).isEmpty();
    }

    @Test
    void saysMalformedInsteadOfMethodNotAllowed() {
        for (String method : new String[] {"PUT", "DELETE", "PATCH"}) {
            HttpResponse<String> response = send(method, predict(), "{}");
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(error(response)).isEqualTo("Malformed request: " + method + " " + predict());
        }
        assertThat(send("GET", predict(), "").statusCode()).isEqualTo(400);
    }

    @Test
    void answersPreflightsOnlyFromTheWeb() {
        HttpResponse<String> web = send("OPTIONS", predict(), "", "Origin", "http://page.example");
        assertThat(web.statusCode()).isEqualTo(200);
        assertThat(web.body()).isEmpty();
        assertThat(send("OPTIONS", predict(), "").statusCode()).isEqualTo(400);
    }

    @Test
    void readsGzipAndWritesItForThoseWhoAsk() throws IOException {
        StringBuilder many = new StringBuilder("{\"instances\":[0.5");
        many.append(",0.5".repeat(20_000)).append("]}");
        byte[] packed = gzip(many.toString());
        HttpResponse<String> response = postBytes(predict(), packed, "Content-Encoding", "gzip");
        assertThat(json(response).path("predictions").size()).isEqualTo(20_001);
        HttpResponse<byte[]> short1 = postForBytes(predict(), "{\"instances\":[1]}", "Accept-Encoding", "gzip");
        assertThat(short1.headers().firstValue("content-encoding")).isEmpty();
        HttpResponse<byte[]> answer = postForBytes(predict(), many.toString(), "Accept-Encoding", "gzip");
        assertThat(answer.headers().firstValue("content-encoding")).contains("gzip");
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(answer.body()))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(response.body());
        }
    }

    @Test
    void takesWhatIsNoGzipForAnEmptyBody() {
        HttpResponse<String> response = post(predict(), "{\"instances\":[1]}", "Content-Encoding", "gzip");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(error(response)).isEqualTo("JSON Parse error: The document is empty");
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }
}
