package dev.hearth.endpoints.openinference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.predict.RequestBytes;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

/** Bodies with plain bytes behind their JSON (binary tensor data extension). */
class HttpInferenceTest {

    private static final SharedMemory NO_MEMORY = new SharedMemory(false);

    private static Signature signature(TensorSpec... inputs) {
        Map<String, TensorSpec> named = new java.util.LinkedHashMap<>();
        Arrays.stream(inputs).forEach(spec -> named.put(spec.tensorName(), spec));
        return new Signature("serving_default", "", named, Map.of(), Map.of());
    }

    private static byte[] body(String json, byte[]... behind) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(json.getBytes(StandardCharsets.UTF_8));
        Arrays.stream(behind).forEach(out::writeBytes);
        return out.toByteArray();
    }

    private static HttpInference.Call read(byte[] body, int jsonLength) {
        return HttpInference.read(
                "m",
                "",
                RequestBytes.of(body),
                jsonLength < 0 ? OptionalInt.empty() : OptionalInt.of(jsonLength),
                JsonLimits.DEFAULT,
                NO_MEMORY);
    }

    private static Map<String, Tensor> tensors(String json, byte[]... behind) {
        return read(body(json, behind), json.length()).request().inputs().of(signature());
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> refuses(String json, byte[]... behind) {
        return assertThatThrownBy(() -> tensors(json, behind))
                .isInstanceOfSatisfying(ServingException.class, error -> assertThat(error.code())
                        .isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static String input(String name, String datatype, String shape, String rest) {
        return "{\"name\":\"" + name + "\",\"datatype\":\"" + datatype + "\",\"shape\":" + shape + "," + rest + "}";
    }

    private static String binary(String name, String datatype, String shape, int size) {
        return input(name, datatype, shape, "\"parameters\":{\"binary_data_size\":" + size + "}");
    }

    private static String inputs(String... inputs) {
        return "{\"inputs\":[" + String.join(",", inputs) + "]}";
    }

    @Test
    void readsTensorsWhereverTheBodyWasCut() {
        byte[] strings = {2, 0, 0, 0, 'h', 'i', 1, 0, 0, 0, '!'};
        String json = "{\"inputs\":[" + input("x", "FP32", "[3]", "\"parameters\":{\"binary_data_size\":12}") + ","
                + input("s", "BYTES", "[2]", "\"parameters\":{\"binary_data_size\":11}") + "]}";
        byte[] body = body(json, floats(1, -2, 3.5f), strings);
        for (int cut = 1; cut < body.length; cut++) {
            RequestBytes bytes = RequestBytes.of(Arrays.copyOf(body, cut));
            bytes.add(Buffer.buffer(Arrays.copyOfRange(body, cut, body.length)));
            Map<String, Tensor> read = HttpInference.read(
                            "m", "", bytes, OptionalInt.of(json.length()), JsonLimits.DEFAULT, NO_MEMORY)
                    .request()
                    .inputs()
                    .of(signature());
            assertThat(read.get("x").data()).isEqualTo(ByteBuffer.wrap(floats(1, -2, 3.5f)));
            assertThat(read.get("s").strings()).isDeepEqualTo(new byte[][] {{'h', 'i'}, {'!'}});
        }
    }

    @Test
    void plainBytesAndJsonMayBeMixed() {
        Map<String, Tensor> read = tensors(
                inputs(
                        binary("a", "FP32", "[2]", 8),
                        input("b", "INT32", "[2]", "\"data\":[3,4]"),
                        binary("c", "BYTES", "[2]", 9)),
                floats(1.5f, -0f),
                new byte[] {1, 0, 0, 0, (byte) 0xff, 0, 0, 0, 0});
        assertThat(read.get("a").data().getFloat(0)).isEqualTo(1.5f);
        assertThat(Float.floatToRawIntBits(read.get("a").data().getFloat(4))).isEqualTo(0x80000000);
        assertThat(read.get("b").data().getInt(4)).isEqualTo(4);
        assertThat(read.get("c").strings()).isDeepEqualTo(new byte[][] {{(byte) 0xff}, {}});
    }

    @Test
    void halfPrecisionIsPlainBytesOnly() {
        Map<String, Tensor> read = tensors(
                inputs(binary("h", "FP16", "[1]", 2), binary("b", "BF16", "[1]", 2)),
                new byte[] {0, 0x3c},
                new byte[] {(byte) 0x80, 0x3f});
        assertThat(read.get("h").type()).isEqualTo(DataType.HALF);
        assertThat(read.get("b").type()).isEqualTo(DataType.BFLOAT16);
        assertThat(read.get("b").data().getShort(0)).isEqualTo((short) 0x3f80);
    }

    @Test
    void lengthsMustFit() {
        refuses(inputs(binary("a", "FP32", "[2]", 8)), floats(1)).hasMessageContaining("input 'a' announces 8 bytes");
        refuses(inputs(binary("a", "FP32", "[2]", 4)), floats(1))
                .hasMessageContaining("unexpected total byte size 4 for input 'a'");
        refuses(inputs(binary("a", "FP32", "[1]", 4)), floats(1, 2)).hasMessageContaining("4 bytes belong to no input");
        refuses(inputs(binary("a", "BYTES", "[2]", 5)), new byte[] {1, 0, 0, 0, 1})
                .hasMessageContaining("input 'a'");
        refuses(inputs(binary("a", "BYTES", "[1]", 5)), new byte[] {-1, -1, -1, -1, 1})
                .hasMessageContaining("incomplete string data for input 'a'");
        refuses(inputs(binary("a", "BYTES", "[1]", 6)), new byte[] {1, 0, 0, 0, 1, 1})
                .hasMessageContaining("input 'a' has 1 bytes more");
        refuses(inputs(binary("a", "BYTES", "[4294967296]", 5)), new byte[5]).hasMessageContaining("input 'a'");
        refuses(inputs(binary("a", "FP32", "[4611686018427387904,4]", 0))).hasMessageContaining("input 'a'");
        refuses(inputs(binary("a", "FP32", "[1]", -4)), floats(1))
                .hasMessageContaining("'binary_data_size' of input 'a'");
        assertThatThrownBy(() -> read(body(inputs()), 1000))
                .hasMessage("Inference-Header-Content-Length is 1000, but the body has 13 bytes");
        assertThatThrownBy(() -> read(body(inputs()), 5)).hasMessageContaining("JSON Parse error");
    }

    @Test
    void aTensorHasOneFormOfData() {
        refuses(inputs(input("a", "FP32", "[1]", "\"data\":[1],\"parameters\":{\"binary_data_size\":4}")), floats(1))
                .hasMessageContaining("input 'a' must have one of");
        refuses(inputs(input("a", "FP32", "[1]", "\"parameters\":{}")))
                .hasMessageContaining("input 'a' must have one of");
        refuses(inputs(input("a", "FP32", "[1]", "\"data\":[1]"), input("a", "FP32", "[1]", "\"data\":[1]")))
                .hasMessage("input 'a' is given more than once");
    }

    @Test
    void sharedMemoryThatIsOffIsRefused() {
        String region = "\"parameters\":{\"shared_memory_region\":\"r\",\"shared_memory_byte_size\":4}";
        assertThatThrownBy(() -> tensors(inputs(input("a", "FP32", "[1]", region))))
                .hasMessageContaining("hearth.open-inference.shared-memory");
    }

    @Test
    void theWholeBodyMayBeTheOneTensor() {
        Signature rows = signature(new TensorSpec("x", DataType.FLOAT, Shape.of(-1, 2)));
        HttpInference.Call call = read(floats(1, 2), 0);
        assertThat(call.binary()).isTrue();
        assertThat(call.request().inputs().of(rows).get("x").shape()).isEqualTo(Shape.of(1, 2));
        Signature free = signature(new TensorSpec("x", DataType.FLOAT, Shape.of(-1, -1)));
        assertThat(read(floats(1, 2, 3), 0).request().inputs().of(free).get("x").shape())
                .isEqualTo(Shape.of(1, 3));
        Signature text = signature(new TensorSpec("x", DataType.STRING, Shape.of(-1)));
        assertThat(read(new byte[] {1, 2, 3}, 0)
                        .request()
                        .inputs()
                        .of(text)
                        .get("x")
                        .strings())
                .isDeepEqualTo(new byte[][] {{1, 2, 3}});
    }

    @Test
    void theWholeBodyNeedsAModelThatItFits() {
        Signature two = signature(
                new TensorSpec("x", DataType.FLOAT, Shape.of(-1)), new TensorSpec("y", DataType.FLOAT, Shape.of(-1)));
        assertThatThrownBy(() -> read(floats(1), 0).request().inputs().of(two)).hasMessageContaining("one input");
        Signature three = signature(new TensorSpec("x", DataType.FLOAT, Shape.of(-1, -1, -1)));
        assertThatThrownBy(() -> read(floats(1), 0).request().inputs().of(three))
                .hasMessageContaining("one dimension of unknown size");
        Signature rows = signature(new TensorSpec("x", DataType.FLOAT, Shape.of(-1, 2)));
        assertThatThrownBy(() -> read(floats(1, 2, 3), 0).request().inputs().of(rows))
                .hasMessageContaining("input 'x'");
    }

    private static InferAnswer answer(Tensor tensor, Optional<Boolean> binary) {
        RequestedOutput wanted = new RequestedOutput("y", binary, 0, false, Optional.empty());
        return new InferAnswer(new ServableId("m", 3), "7", List.of(new InferAnswer.Output(tensor, wanted)));
    }

    private static String text(HttpInference.Written written) {
        return StandardCharsets.UTF_8.decode(written.pieces()[0].duplicate()).toString();
    }

    @Test
    void anOutputsOwnWishForPlainBytesWinsOverTheRequests() {
        Tensor tensor = Tensor.ofFloats(Shape.of(1, 2), 1.5f, Float.NaN);
        HttpInference.Written json = HttpInference.write(answer(tensor, Optional.of(false)), true);
        assertThat(json.jsonLength()).isEmpty();
        assertThat(text(json))
                .isEqualTo("{\"model_name\":\"m\",\"model_version\":\"3\",\"id\":\"7\",\"outputs\":[{\"name\":\"y\","
                        + "\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1.5,NaN]}]}");
        HttpInference.Written binary = HttpInference.write(answer(tensor, Optional.of(true)), false);
        assertThat(text(binary))
                .isEqualTo("{\"model_name\":\"m\",\"model_version\":\"3\",\"id\":\"7\",\"outputs\":[{\"name\":\"y\","
                        + "\"datatype\":\"FP32\",\"shape\":[1,2],\"parameters\":{\"binary_data_size\":8}}]}");
        assertThat(binary.jsonLength()).hasValue(binary.pieces()[0].remaining());
        assertThat(binary.pieces()[1]).isEqualTo(ByteBuffer.wrap(floats(1.5f, Float.NaN)));
    }

    @Test
    void bytesThatAreNoTextAreBase64InJson() {
        Tensor tensor = Tensor.ofStrings(Shape.of(2), new byte[][] {{(byte) 0xff}, {'a'}});
        assertThat(text(HttpInference.write(answer(tensor, Optional.empty()), false)))
                .contains("\"parameters\":{\"content_type\":\"base64\"},\"data\":[\"/w==\",\"YQ==\"]");
        Tensor plain = Tensor.ofStrings(Shape.of(1), new byte[][] {"é\"".getBytes(StandardCharsets.UTF_8)});
        assertThat(text(HttpInference.write(answer(plain, Optional.empty()), false)))
                .contains("\"data\":[\"é\\\"\"]");
    }

    @Test
    void halfPrecisionHasNoJson() {
        Tensor half = Tensor.of(DataType.HALF, Shape.of(1), ByteBuffer.allocate(2));
        assertThatThrownBy(() -> HttpInference.write(answer(half, Optional.empty()), false))
                .hasMessageContaining("output 'y' has datatype FP16");
        assertThat(HttpInference.write(answer(half, Optional.empty()), true).jsonLength())
                .isPresent();
    }
}
