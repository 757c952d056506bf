package dev.hearth.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.hearth.lambda.runtime.HttpFront;
import dev.hearth.lambda.runtime.PackagedFunction;
import dev.hearth.lambda.runtime.RuntimeApi;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.tensorflow.DataType;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import dev.hearth.testkit.FunctionsContract;
import dev.hearth.testkit.OpenInferenceContract;
import dev.hearth.testkit.RestPredictContract;
import dev.hearth.testkit.RestStatusContract;
import dev.hearth.testkit.TestedServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.BitSet;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The zip that is deployed, run by Amazon's runtime client against the Runtime API. */
class FunctionZipIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path ZIP = Path.of(System.getProperty("function.zip"));
    private static final Path MODELS =
            Path.of(System.getProperty("repository.root"), "src/backends/tflite/test/resources/models");
    private static final String MODEL = "half_plus_two_lite";
    private static final String PREDICT = "/v1/models/" + MODEL + ":predict";
    private static final int LIMIT = 6 << 20;

    @TempDir
    static Path folder;

    private static PackagedFunction function;
    private static HttpFront front;

    @BeforeAll
    static void start() throws IOException {
        Path task = folder.resolve("task");
        PackagedFunction.unpack(ZIP, task);
        PackagedFunction.addModel(MODELS.resolve(MODEL), task);
        function =
                PackagedFunction.launch(task, Map.of("HEARTH_MODELS__OTHER__CACHE_ENABLED", "true"), new RuntimeApi());
        front = new HttpFront(function.api());
    }

    @AfterAll
    static void stop() {
        front.close();
        function.close();
    }

    private interface InZip extends TestedServer {
        @Override
        default URI server() {
            return front.uri();
        }

        @Override
        default String model() {
            return MODEL;
        }
    }

    @Nested
    class Predict extends RestPredictContract implements InZip {}

    @Nested
    class Status extends RestStatusContract implements InZip {}

    @Nested
    class OpenInference extends OpenInferenceContract implements InZip {}

    @Nested
    class Functions extends FunctionsContract implements InZip {
        @Override
        protected String batching() {
            return "off";
        }
    }

    @Test
    void theZipIsSmallEnough() throws IOException {
        assertThat(Files.size(ZIP)).isLessThan(30_000_000);
    }

    @Test
    void theInitPhaseLoadsTheModelAndTheFirstEventFindsEverythingWarm() throws IOException {
        assertThat(function.log()).contains("All 1 models are available");
        long begun = System.nanoTime();
        JsonNode answer = invoke(httpEvent("POST", PREDICT, "{\"instances\": [1.0]}"));
        long millis = (System.nanoTime() - begun) / 1_000_000;
        assertThat(answer.path("statusCode").asInt()).isEqualTo(200);
        System.out.printf(
                "Lambda zip: init %d ms, this event %d ms%n", function.init().toMillis(), millis);
    }

    @Test
    void answersAnEventOfApiGateway() throws IOException {
        JsonNode answer = invoke(httpEvent("POST", PREDICT, "{\"instances\": [1.0, 2.0, 5.0]}"));
        assertThat(answer.path("statusCode").asInt()).isEqualTo(200);
        assertThat(answer.path("isBase64Encoded").asBoolean()).isFalse();
        assertThat(body(answer).path("predictions").toString()).isEqualTo("[2.5,3.0,4.5]");
    }

    @Test
    void answersAnEventOfAFunctionUrl() throws IOException {
        String event =
                """
                {"version":"2.0","routeKey":"$default","rawPath":"%s","rawQueryString":"",
                 "headers":{"content-type":"application/json","x-amzn-trace-id":"Root=1-0","host":"id.lambda-url.eu-west-1.on.aws"},
                 "requestContext":{"accountId":"anonymous","apiId":"id","domainName":"id.lambda-url.eu-west-1.on.aws",
                   "domainPrefix":"id","http":{"method":"POST","path":"%s","protocol":"HTTP/1.1","sourceIp":"203.0.113.7",
                   "userAgent":"test"},"requestId":"r","routeKey":"$default","stage":"$default",
                   "time":"22/Nov/2026:10:00:00 +0000","timeEpoch":1795341600000},
                 "body":"%s","isBase64Encoded":true}"""
                        .formatted(
                                PREDICT,
                                PREDICT,
                                Base64.getEncoder()
                                        .encodeToString("{\"inputs\": [4.0]}".getBytes(StandardCharsets.UTF_8)));
        JsonNode answer = invoke(event);
        assertThat(answer.path("statusCode").asInt()).isEqualTo(200);
        assertThat(body(answer).path("outputs").toString()).isEqualTo("[4.0]");
    }

    @Test
    void bodiesOfAllByteValuesArriveAndLeaveAsTheyAre() throws IOException {
        Random random = new Random(7);
        StringBuilder instances = new StringBuilder("{\"instances\":[0.0");
        for (int i = 0; i < 20_000; i++) {
            instances.append(',').append(random.nextFloat());
        }
        byte[] packed = gzip(instances.append("]}").toString());
        assertThat(byteValues(packed)).isEqualTo(256);
        String event =
                """
                {"version":"2.0","rawPath":"%s","rawQueryString":"",
                 "headers":{"content-type":"application/json","content-encoding":"gzip","accept-encoding":"gzip"},
                 "requestContext":{"http":{"method":"POST","path":"%s"}},"body":"%s","isBase64Encoded":true}"""
                        .formatted(PREDICT, PREDICT, Base64.getEncoder().encodeToString(packed));
        JsonNode answer = invoke(event);
        assertThat(answer.path("isBase64Encoded").asBoolean()).isTrue();
        byte[] answered = Base64.getDecoder().decode(answer.path("body").asText());
        assertThat(byteValues(answered)).isEqualTo(256);
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(answered))) {
            assertThat(JSON.readTree(in).path("predictions").size()).isEqualTo(20_001);
        }
    }

    /** The way that a server forwards gRPC calls. */
    @Test
    void messagesOfGrpcAreAnsweredToTheBit() throws IOException {
        float[] values = new float[4096];
        ByteBuffer content = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(i * 0x0010_0401 & 0x7F7F_FFFF);
            content.putFloat(values[i]);
        }
        TensorProto x = TensorProto.newBuilder()
                .setDtype(DataType.DT_FLOAT)
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(values.length)))
                .setTensorContent(ByteString.copyFrom(content.flip()))
                .build();
        byte[] message = PredictRequest.newBuilder()
                .setModelSpec(ModelSpec.newBuilder().setName(MODEL))
                .putInputs("x", x)
                .build()
                .toByteArray();
        assertThat(byteValues(message)).isEqualTo(256);
        String path = "/functions/protobuf/Predict";
        JsonNode answer = invoke(
                """
                {"version":"2.0","rawPath":"%s","rawQueryString":"","headers":{"content-type":"application/x-protobuf"},
                 "requestContext":{"http":{"method":"POST","path":"%s"}},"body":"%s","isBase64Encoded":true}"""
                        .formatted(path, path, Base64.getEncoder().encodeToString(message)));
        assertThat(answer.path("statusCode").asInt()).isEqualTo(200);
        assertThat(answer.path("isBase64Encoded").asBoolean()).isTrue();
        PredictResponse response = PredictResponse.parseFrom(
                Base64.getDecoder().decode(answer.path("body").asText()));
        TensorProto y = response.getOutputsMap().get("y");
        assertThat(y.getFloatValCount()).isEqualTo(values.length);
        for (int i = 0; i < values.length; i++) {
            assertThat(y.getFloatVal(i)).isEqualTo(values[i] / 2 + 2);
        }
    }

    @Test
    void answersADirectCall() throws IOException {
        assertThat(invoke("{\"model\":\"" + MODEL + "\",\"body\":{\"instances\":[1.0, 2.0]}}")
                        .path("predictions")
                        .toString())
                .isEqualTo("[2.5,3.0]");
        assertThat(invoke(
                                "{\"model\":\"" + MODEL
                                        + "\",\"version\":1,\"signature\":\"serving_default\",\"priority\":\"high\",\"body\":{\"inputs\":[1.0]}}")
                        .path("outputs")
                        .toString())
                .isEqualTo("[2.5]");
        assertThat(invoke("{\"function\":\"model-status\",\"model\":\"" + MODEL + "\"}")
                        .at("/model_version_status/0/state")
                        .asText())
                .isEqualTo("AVAILABLE");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}|INVALID_ARGUMENT|neither an HTTP event",
                "[1]|INVALID_ARGUMENT|Is not object",
                "{\"model\":\"MODEL\"}|INVALID_ARGUMENT|no 'body'",
                "{\"model\":\"nope\",\"body\":{\"instances\":[1]}}|NOT_FOUND|Latest(nope)",
                "{\"model\":\"MODEL\",\"version\":7,\"body\":{\"instances\":[1]}}|NOT_FOUND|Specific(MODEL, 7)",
                "{\"model\":\"MODEL\",\"version\":\"x\",\"body\":{\"instances\":[1]}}|INVALID_ARGUMENT|is no number",
                "{\"model\":\"MODEL\",\"signature\":\"none\",\"body\":{\"instances\":[1]}}|INVALID_ARGUMENT|\"none\" not found",
                "{\"model\":\"MODEL\",\"signature\":\"a\",\"body\":{}}|INVALID_ARGUMENT|\"a\" not found",
                "{\"model\":\"MODEL\",\"signature\":\"a\",\"body\":{\"signature_name\":\"b\"}}|INVALID_ARGUMENT|not in both",
                "{\"model\":\"MODEL\",\"function\":\"dance\",\"body\":{}}|INVALID_ARGUMENT|'dance'",
                "{\"model\":\"MODEL\",\"body\":{\"instances\":[\"a\"]}}|INVALID_ARGUMENT|is not of expected type: float",
            })
    void answersDirectCallsThatAreWrongWithAnError(String scenario) throws IOException {
        String[] parts = scenario.replace("MODEL", MODEL).split("\\|");
        JsonNode answer = invoke(parts[0]);
        assertThat(answer.path("code").asText()).isEqualTo(parts[1]);
        assertThat(answer.path("error").asText()).contains(parts[2]);
        assertThat(answer.path("status").asInt()).isBetween(400, 499);
    }

    @Test
    void saysThatOldHttpEventsAreNotRead() throws IOException {
        JsonNode answer = invoke("{\"httpMethod\":\"POST\",\"path\":\"/\",\"headers\":{},\"body\":\"{}\"}");
        assertThat(answer.path("statusCode").asInt()).isEqualTo(501);
        assertThat(answer.path("body").asText()).contains("payload format 1.0");
    }

    @Test
    void anAnswerLongerThanLambdaTakesIsAnErrorThatSaysSo() throws IOException {
        // Each instance takes two bytes on the way in and four, and a line break, on the way out.
        String body = "{\"instances\":[1" + ",1".repeat(1_500_000) + "]}";
        JsonNode http = invoke(httpEvent("POST", PREDICT, body));
        assertThat(http.path("statusCode").asInt()).isEqualTo(413);
        assertThat(http.path("body").asText()).contains("Lambda returns " + LIMIT, "gzip");
        JsonNode direct = invoke("{\"model\":\"" + MODEL + "\",\"body\":" + body + "}");
        assertThat(direct.path("status").asInt()).isEqualTo(413);
        assertThat(direct.path("code").asText()).isEqualTo("RESOURCE_EXHAUSTED");
    }

    @Test
    void anEventLongerThanLambdaTakesIsAnErrorThatSaysSo() throws IOException {
        JsonNode http = invoke(httpEvent("POST", PREDICT, "{\"instances\":[1" + ",1".repeat(LIMIT / 2) + "]}"));
        assertThat(http.path("statusCode").asInt()).isEqualTo(413);
        assertThat(http.path("body").asText()).contains("Lambda takes " + LIMIT);
        JsonNode direct = invoke("{\"model\":\"m\",\"body\":\"" + "x".repeat(LIMIT) + "\"}");
        assertThat(direct.path("status").asInt()).isEqualTo(413);
    }

    @Test
    void openInferenceBodiesOfAllByteValuesArriveAndLeaveAsTheyAre() throws IOException {
        String infer = "/v2/models/" + MODEL + "/infer";
        float[] values = new float[4096];
        ByteBuffer tensor = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(i * 0x0010_0401 & 0x7F7F_FFFF);
            tensor.putFloat(values[i]);
        }
        byte[] head =
                ("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[4096],\"parameters\":{\"binary_data_size\":"
                                + tensor.capacity() + "}}],\"parameters\":{\"binary_data_output\":true}}")
                        .getBytes(StandardCharsets.UTF_8);
        byte[] body = new byte[head.length + tensor.capacity()];
        System.arraycopy(head, 0, body, 0, head.length);
        System.arraycopy(tensor.array(), 0, body, head.length, tensor.capacity());
        assertThat(byteValues(body)).isEqualTo(256);
        JsonNode answer = invoke(
                """
                {"version":"2.0","rawPath":"%s","rawQueryString":"",
                 "headers":{"content-type":"application/octet-stream","inference-header-content-length":"%d"},
                 "requestContext":{"http":{"method":"POST","path":"%s"}},"body":"%s","isBase64Encoded":true}"""
                        .formatted(
                                infer, head.length, infer, Base64.getEncoder().encodeToString(body)));
        assertThat(answer.path("statusCode").asInt()).as(answer.toString()).isEqualTo(200);
        byte[] answered = Base64.getDecoder().decode(answer.path("body").asText());
        ByteBuffer numbers = ByteBuffer.wrap(answered, answered.length - tensor.capacity(), tensor.capacity())
                .order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            assertThat(numbers.getFloat()).isEqualTo(value / 2 + 2);
        }
    }

    @Test
    void openInferenceAnswersLongerThanLambdaTakesAreErrorsThatSaySo() throws IOException {
        String infer = "/v2/models/" + MODEL + "/infer";
        String body = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[2000001],\"data\":[1"
                + ",1".repeat(2_000_000) + "]}]}";
        JsonNode tooLong = invoke(httpEvent("POST", infer, body));
        assertThat(tooLong.path("statusCode").asInt()).isEqualTo(413);
        assertThat(tooLong.path("body").asText()).contains("Lambda returns " + LIMIT);
        JsonNode tooMuch = invoke(httpEvent("POST", infer, "{\"inputs\":[" + " ".repeat(LIMIT) + "]}"));
        assertThat(tooMuch.path("statusCode").asInt()).isEqualTo(413);
    }

    @Test
    void saysThatACacheThatIsAskedForIsNotThere() throws IOException {
        assertThat(function.log())
                .containsOnlyOnce("hearth.models.other.cache.enabled has no effect in this packaging");
    }

    @Test
    void doesNotStartWithoutAProtectionThatIsAskedFor() throws IOException {
        Path task = folder.resolve("guarded");
        PackagedFunction.unpack(ZIP, task);
        try (RuntimeApi api = new RuntimeApi();
                PackagedFunction guarded = PackagedFunction.launch(
                        task, Map.of("HEARTH_SECURITY_JWT_ISSUER", "https://issuer.example.com"), api)) {
            RuntimeApi.Outcome outcome = api.started().join();
            assertThat(outcome.error()).isTrue();
            assertThat(outcome.text()).as(guarded.log()).contains("hearth.security.jwt", "does not start without it");
        }
    }

    private static JsonNode invoke(String event) throws IOException {
        RuntimeApi.Outcome outcome = function.api().invoke(event);
        assertThat(outcome.error()).as(outcome.text()).isFalse();
        return JSON.readTree(outcome.body());
    }

    private static String httpEvent(String method, String path, String body) {
        return JSON.createObjectNode()
                .put("version", "2.0")
                .put("rawPath", path)
                .put("rawQueryString", "")
                .put("body", body)
                .put("isBase64Encoded", false)
                .<com.fasterxml.jackson.databind.node.ObjectNode>set(
                        "requestContext",
                        JSON.createObjectNode()
                                .set(
                                        "http",
                                        JSON.createObjectNode()
                                                .put("method", method)
                                                .put("path", path)))
                .toString();
    }

    private static JsonNode body(JsonNode answer) throws IOException {
        String body = answer.path("body").asText();
        return JSON.readTree(
                answer.path("isBase64Encoded").asBoolean()
                        ? Base64.getDecoder().decode(body)
                        : body.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    private static int byteValues(byte[] bytes) {
        BitSet values = new BitSet(256);
        for (byte b : bytes) {
            values.set(b & 0xFF);
        }
        return values.cardinality();
    }
}
