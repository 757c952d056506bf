package dev.hearth.endpoints.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.endpoints.openinference.Datatypes;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The JSON of inference requests (Open Inference Protocol, version 2). */
class InferBodyTest {

    private static InferBody parse(String text) {
        return InferBody.parse(
                JsonText.copyOf(text.getBytes(StandardCharsets.UTF_8)), JsonLimits.DEFAULT, Datatypes::of);
    }

    private static InferBody.Input input(String members) {
        return parse("{\"inputs\":[{\"name\":\"x\"," + members + "}]}").inputs().get(0);
    }

    private static Tensor tensor(String datatype, String shape, String data) {
        Tensor tensor = input("\"shape\":" + shape + ",\"datatype\":\"" + datatype + "\",\"data\":" + data)
                .tensor();
        assertThat(tensor).isNotNull();
        return tensor;
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> refuses(String text) {
        return assertThatThrownBy(() -> parse(text))
                .isInstanceOfSatisfying(ServingException.class, error -> assertThat(error.code())
                        .isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> refusesData(
            String datatype, String shape, String data) {
        return refuses("{\"inputs\":[{\"name\":\"x\",\"shape\":" + shape + ",\"datatype\":\"" + datatype
                + "\",\"data\":" + data + "}]}");
    }

    /** What a tensor is as JSON again. */
    private static String written(Tensor tensor) {
        ByteSink text = new CompactJson(64).elements(tensor, false).text();
        return new String(text.array(), 0, text.length(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    BOOL   | [true,false]
                    INT8   | [-128,127]
                    UINT8  | [0,255]
                    INT16  | [-32768,32767]
                    UINT16 | [0,65535]
                    INT32  | [-2147483648,2147483647]
                    UINT32 | [0,4294967295]
                    INT64  | [-9223372036854775808,9223372036854775807]
                    UINT64 | [0,18446744073709551615]
                    FP32   | [1.5,-3.4028235e38]
                    FP64   | [5e-324,1.7976931348623157e308]
                    FP32   | [NaN,-Infinity]
                    FP64   | [Infinity,NaN]
                    BYTES  | ["a\\n","é"]
                    """)
    void everyDatatypeReadsBackAsItWasWritten(String datatype, String data) {
        Tensor read = tensor(datatype, "[2]", data);
        assertThat(Datatypes.name(read.type())).isEqualTo(datatype);
        assertThat(tensor(datatype, "[2]", written(read)).shape()).isEqualTo(Shape.of(2));
        String again = written(read);
        assertThat(written(tensor(datatype, "[2]", again))).isEqualTo(again);
        if (!datatype.startsWith("FP")) {
            assertThat(again).isEqualTo(data);
        }
    }

    @Test
    void integersOf64BitsAreExact() {
        ByteBuffer data = tensor("INT64", "[2]", "[9007199254740993,-9223372036854775808]")
                .data();
        assertThat(data.getLong(0)).isEqualTo(9007199254740993L);
        assertThat(data.getLong(8)).isEqualTo(Long.MIN_VALUE);
        assertThat(tensor("UINT64", "[1]", "[18446744073709551615]").data().getLong(0))
                .isEqualTo(-1L);
    }

    @Test
    void dataMayBeNestedOrFlat() {
        assertThat(written(tensor("INT32", "[2,3]", "[[1,2,3],[4,5,6]]"))).isEqualTo("[1,2,3,4,5,6]");
        assertThat(written(tensor("INT32", "[2,3]", "[1,2,3,4,5,6]"))).isEqualTo("[1,2,3,4,5,6]");
        assertThat(tensor("INT32", "[2,3]", "[1,2,3,4,5,6]").shape()).isEqualTo(Shape.of(2, 3));
        assertThat(tensor("INT32", "[]", "[7]").shape()).isEqualTo(Shape.SCALAR);
        assertThat(tensor("FP32", "[0,2]", "[]").shape()).isEqualTo(Shape.of(0, 2));
    }

    @Test
    void membersMayComeInAnyOrder() {
        InferBody body = parse("{\"outputs\":[{\"parameters\":{\"classification\":2},\"name\":\"y\"}],\"inputs\":"
                + "[{\"data\":[1,2],\"datatype\":\"INT32\",\"extra\":{\"a\":[1]},\"name\":\"x\",\"shape\":[2]}],"
                + "\"id\":\"7\",\"parameters\":{\"priority\":1,\"s\":\"t\",\"b\":true,\"f\":1.5,\"n\":null}}");
        assertThat(body.id()).isEqualTo("7");
        assertThat(body.parameters()).isEqualTo(Map.<String, Object>of("priority", 1L, "s", "t", "b", true, "f", 1.5));
        assertThat(body.outputs()).isEqualTo(List.of(new InferBody.Output("y", Map.of("classification", 2L))));
        Tensor tensor = body.inputs().get(0).tensor();
        assertThat(tensor).isNotNull();
        assertThat(written(tensor)).isEqualTo("[1,2]");
    }

    @Test
    void stringsMayBeBase64() {
        Tensor tensor = input("\"shape\":[2],\"datatype\":\"BYTES\",\"parameters\":{\"content_type\":\"base64\"},"
                        + "\"data\":[\"/wA=\",\"\"]")
                .tensor();
        assertThat(tensor).isNotNull();
        assertThat(tensor.strings()).isDeepEqualTo(new byte[][] {{(byte) 0xff, 0}, {}});
        assertThat(CompactJson.isText(tensor)).isFalse();
        refuses("{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"BYTES\","
                        + "\"parameters\":{\"content_type\":\"base64\"},\"data\":[\"?\"]}]}")
                .hasMessageContaining("element 0 of input 'x' is not base64");
        refuses("{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"BYTES\","
                        + "\"parameters\":{\"content_type\":\"jpeg\"},\"data\":[\"?\"]}]}")
                .hasMessageContaining("content_type 'jpeg'");
    }

    @Test
    void inputsWithoutDataHaveNoTensor() {
        InferBody.Input input = input("\"shape\":[2],\"datatype\":\"FP16\",\"parameters\":{\"binary_data_size\":4}");
        assertThat(input.tensor()).isNull();
        assertThat(input.parameters()).isEqualTo(Map.<String, Object>of("binary_data_size", 4L));
    }

    @ParameterizedTest
    @CsvSource({
        "INT8,128",
        "INT8,-129",
        "UINT8,-1",
        "UINT8,256",
        "INT16,40000",
        "UINT16,65536",
        "INT32,2147483648",
        "UINT32,4294967296",
        "UINT32,-1",
        "INT64,9223372036854775808",
        "UINT64,-1",
        "UINT64,18446744073709551616",
        "INT32,1.0",
        "INT64,1e3",
        "BOOL,1",
        "BOOL,\"true\"",
        "FP32,\"1\"",
        "FP64,true",
        "BYTES,1",
        "INT32,null"
    })
    void whatTheDatatypeCannotHoldIsRefusedByName(String datatype, String element) {
        refusesData(datatype, "[1]", "[" + element + "]").hasMessageContaining("input 'x'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FP32", "FP64", "INT8", "UINT16", "INT32", "INT64", "UINT32", "UINT64"})
    void moreNumbersThanTheShapeSaysAreCounted(String datatype) {
        refusesData(datatype, "[]", "[1,2]").hasMessageContaining("input 'x' got unexpected element count 2");
        refusesData(datatype, "[3]", "[1,2,3,4,5,6,7,8,9]")
                .hasMessageContaining("input 'x' got unexpected element count 9, expecting 3");
    }

    @Test
    void countsAndNestingMustBeThoseOfTheShape() {
        refusesData("INT32", "[3]", "[1,2]")
                .hasMessage("input 'x' got unexpected element count 2, expecting 3 for shape [3]");
        refusesData("INT32", "[3,2]", "[[1,2,3],[4,5,6]]")
                .hasMessage("'data' of input 'x' is nested as [2,3], but its 'shape' is [3,2]");
        refusesData("INT32", "[2,2]", "[[1,2],[3]]").hasMessageContaining("input 'x' is nested unevenly");
        refusesData("INT32", "[2,2]", "[[1,2],3]").hasMessageContaining("input 'x'");
        refusesData("INT32", "[1]", "5").hasMessage("'data' of input 'x' must be a list");
        refusesData("INT32", "[4294967296,4294967296]", "[1]").hasMessageContaining("is too large");
        refusesData("INT32", "[-1]", "[1]").hasMessageContaining("'shape' of input 'x'");
        refusesData("INT32", "[1.5]", "[1]").hasMessageContaining("'shape' of input 'x'");
        refusesData("INT32", "2", "[1]").hasMessageContaining("'shape' of input 'x' must be a list");
    }

    @Test
    void whatIsMissingOrOfAnotherKindIsNamed() {
        refuses("").hasMessageContaining("document is empty");
        refuses("[]").hasMessageContaining("Is not object");
        refuses("{\"inputs\":[}").hasMessageContaining("JSON Parse error");
        refuses("{}").hasMessageContaining("no 'inputs'");
        refuses("{\"inputs\":{}}").hasMessageContaining("'inputs' must be a list");
        refuses("{\"inputs\":[1]}").hasMessageContaining("list of objects");
        refuses("{\"inputs\":[{\"shape\":[1],\"datatype\":\"FP32\"}]}").hasMessageContaining("no 'name'");
        refuses("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\"}]}").hasMessageContaining("'x' has no 'shape'");
        refuses("{\"inputs\":[{\"name\":\"x\",\"shape\":[1]}]}").hasMessageContaining("'x' has no 'datatype'");
        refuses("{\"inputs\":[],\"id\":1}").hasMessageContaining("'id' must be a string");
        refuses("{\"inputs\":[],\"outputs\":[{}]}").hasMessageContaining("'outputs' has no 'name'");
        refuses("{\"inputs\":[],\"parameters\":{\"a\":[1]}}").hasMessageContaining("parameter 'a' of request");
        refusesData("FLOAT", "[1]", "[1]").hasMessage("input 'x' has an unknown datatype 'FLOAT'");
        refusesData("FP16", "[1]", "[1]").hasMessageContaining("binary tensor data");
        refusesData("BF16", "[1]", "[1]").hasMessageContaining("binary tensor data");
    }

    @Test
    void stringsBeyondTheLimitAreRefusedBeforeTheyTakeMemory() {
        assertThatThrownBy(() -> InferBody.parse(
                        JsonText.copyOf(
                                "{\"inputs\":[{\"name\":\"x\",\"shape\":[3],\"datatype\":\"BYTES\",\"data\":[\"\",\"\",\"\"]}]}"
                                        .getBytes(StandardCharsets.UTF_8)),
                        new JsonLimits(64),
                        Datatypes::of))
                .hasMessageContaining("input 'x' has 3 strings");
    }

    @Test
    void namesOfTypesGoBothWays() {
        for (DataType type : DataType.values()) {
            Datatypes.find(type)
                    .ifPresent(name -> assertThat(Datatypes.of("x", name)).isEqualTo(type));
        }
        assertThat(Datatypes.find(DataType.COMPLEX64)).isEmpty();
        assertThat(Datatypes.find(DataType.QINT8)).isEmpty();
        assertThat(Datatypes.of("x", "BF16")).isEqualTo(DataType.BFLOAT16);
    }
}
