package dev.hearth.endpoints.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PredictJsonTest {

    private static final Signature FLOAT = signature("x", DataType.FLOAT);
    private static final Signature INT = signature("x", DataType.INT32);
    private static final Signature STRING = signature("x", DataType.STRING);
    private static final Signature TWO = signature("a", DataType.FLOAT, "b", DataType.STRING);

    @Test
    void readsRows() {
        Tensor x = read("{\"instances\": [[1, 2.5], [NaN, -Infinity] , [Inf,1e400]]}".replace("1e400", "1e39"), FLOAT)
                .get("x");
        assertThat(x.shape()).isEqualTo(Shape.of(3, 2));
        assertThat(floats(x))
                .containsExactly(
                        1f, 2.5f, Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY);
    }

    @Test
    void readsScalarRows() {
        Tensor x = read("{\"instances\": [1.0, 2, 5]}", FLOAT).get("x");
        assertThat(x.shape()).isEqualTo(Shape.of(3));
        assertThat(floats(x)).containsExactly(1f, 2f, 5f);
    }

    @Test
    void readsNamedRowsInAnyOrder() {
        Map<String, Tensor> tensors =
                read("{\"instances\":[{\"a\":[1],\"b\":\"p\"},{\"b\":{\"b64\":\"cQ==\"},\"a\":[2]}]}", TWO);
        assertThat(tensors.keySet()).containsExactly("a", "b");
        assertThat(tensors.get("a").shape()).isEqualTo(Shape.of(2, 1));
        assertThat(floats(tensors.get("a"))).containsExactly(1f, 2f);
        assertThat(strings(tensors.get("b"))).containsExactly("p", "q");
    }

    @Test
    void readsColumns() {
        Map<String, Tensor> tensors =
                read("{\"inputs\": {\"b\": [[\"p\"],[\"q\"]], \"more\": {\"deep\":[{}]}, \"a\": 5}}", TWO);
        assertThat(tensors.get("a").shape()).isEqualTo(Shape.SCALAR);
        assertThat(tensors.get("b").shape()).isEqualTo(Shape.of(2, 1));
    }

    @Test
    void readsBareColumnsOfOneInput() {
        assertThat(read("{\"inputs\": 7}", INT).get("x").shape()).isEqualTo(Shape.SCALAR);
        assertThat(read("{\"inputs\": []}", INT).get("x").shape()).isEqualTo(Shape.of(0));
        assertThat(read("{\"inputs\": [[],[]]}", INT).get("x").shape()).isEqualTo(Shape.of(2, 0));
        assertThat(read("{\"inputs\": {\"x\": [1,2]}}", INT).get("x").shape()).isEqualTo(Shape.of(2));
        assertThat(strings(read("{\"inputs\": {\"b64\": \"aGVsbG8\"}}", STRING).get("x")))
                .containsExactly("hello");
    }

    @Test
    void takesTheFirstOfEqualKeysAndNothingBehindTheObject() {
        Tensor x = read("{\"instances\":[1],\"instances\":[2,3]} and what not", INT)
                .get("x");
        assertThat(x.data().getInt(0)).isEqualTo(1);
        assertThat(x.shape()).isEqualTo(Shape.of(1));
    }

    @Test
    void findsKeysWrittenWithEscapesAndABehindAByteOrderMark() {
        String body = "\uFEFF{\"inst\\u0061nces\":[1], \"signature_name\":\"s\\u00e9\\ud83d\\ude00\"}";
        PredictJson json = parse(body);
        assertThat(json.signatureName()).isEqualTo("sé😀");
        assertThat(json.tensors(INT).get("x").shape()).isEqualTo(Shape.of(1));
    }

    @Test
    void keepsStringsAsBytes() {
        Tensor x = read("{\"instances\":[\"\", \"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\", \"é\\u20ac\"]}", STRING)
                .get("x");
        assertThat(strings(x)).containsExactly("", "a\"\\/\b\f\n\r\t\0", "é€");
        byte[] notUtf8 = "{\"instances\":[\"?\"]}".getBytes(StandardCharsets.ISO_8859_1);
        notUtf8[15] = (byte) 0xFF;
        Tensor raw = PredictJson.parse(JsonText.copyOf(notUtf8), JsonLimits.DEFAULT)
                .tensors(STRING)
                .get("x");
        assertThat(raw.strings()[0]).containsExactly(0xFF);
    }

    @ParameterizedTest
    @CsvSource({
        "INT32, 2147483647, true",
        "INT32, 2147483648, false",
        "INT32, 1.0, false",
        "INT32, 1e2, false",
        "INT16, 70000, true",
        "UINT8, -1, true",
        "INT8, 300, true",
        "INT64, 9223372036854775807, true",
        "INT64, 9223372036854775808, false",
        "INT64, -9223372036854775808, true",
        "INT64, -9223372036854775809, false",
        "UINT32, 4294967295, true",
        "UINT32, 4294967296, false",
        "UINT32, -1, false",
        "UINT64, 18446744073709551615, true",
        "UINT64, 18446744073709551616, false",
        "UINT64, -0, true",
        "BOOL, true, true",
        "BOOL, 1, false",
        "FLOAT, true, false",
        "FLOAT, null, false",
        "DOUBLE, -Inf, true",
        "FLOAT, 16777217, true",
        "FLOAT, 1e-400, true",
        "STRING, 1, false",
        "STRING, null, false",
    })
    void acceptsWhatTensorFlowServingAccepts(DataType type, String literal, boolean accepted) {
        Signature signature = signature("x", type);
        String body = "{\"inputs\": " + literal + "}";
        if (accepted) {
            assertThat(read(body, signature).get("x").type()).isEqualTo(type);
        } else {
            assertThat(failure(body, signature)).contains(" is not of expected type: " + type.typeName());
        }
    }

    @Test
    void keepsTheLowBitsOfSmallIntegers() {
        assertThat(read("{\"inputs\": 70000}", signature("x", DataType.INT16))
                        .get("x")
                        .data()
                        .getShort(0))
                .isEqualTo((short) 70000);
        assertThat(read("{\"inputs\": -1}", signature("x", DataType.UINT8))
                        .get("x")
                        .data()
                        .get(0))
                .isEqualTo((byte) 255);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|JSON Parse error: The document is empty",
                "`  `|JSON Parse error: The document is empty. at offset: 2",
                "]|JSON Parse error: The document is empty. at offset: 0",
                "abc|JSON Parse error: Invalid value. at offset: 0",
                "nul|JSON Parse error: Invalid value. at offset: 3",
                "-x|JSON Parse error: Invalid value. at offset: 1",
                "{|JSON Parse error: Missing a name for object member. at offset: 1",
                "{\"a\"|JSON Parse error: Missing a colon after a name of object member. at offset: 4",
                "{\"a\":|JSON Parse error: Invalid value. at offset: 5",
                "{\"a\":1|JSON Parse error: Missing a comma or } after an object member. at offset: 6",
                "{\"a\":1,}|JSON Parse error: Missing a name for object member. at offset: 7",
                "{\"a\":[1,]}|JSON Parse error: Invalid value. at offset: 8",
                "{\"a\":[1 2]}|JSON Parse error: Missing a comma or ] after an array element. at offset: 8",
                "{\"a\":[[1]|JSON Parse error: Missing a comma or ] after an array element. at offset: 9",
                "{\"a\":[1}|JSON Parse error: Missing a comma or ] after an array element. at offset: 7",
                "{\"a|JSON Parse error: Missing a closing quotation mark in string. at offset: 3",
                "{\"a\\x\":1}|JSON Parse error: Invalid escape character in string. at offset: 3",
                "{\"a\\u12\":1}|JSON Parse error: Incorrect hex digit after \\u escape in string. at offset: 3",
                "{\"\\ud800x\":1}|JSON Parse error: The surrogate pair in string is invalid. at offset: 2",
                "{\"\\udc00\":1}|JSON Parse error: The surrogate pair in string is invalid. at offset: 2",
                "{\"a\":1.}|JSON Parse error: Miss fraction part in number. at offset: 7",
                "{\"a\":1e}|JSON Parse error: Miss exponent in number. at offset: 7",
                "{\"a\":1e309}|JSON Parse error: Number too big to be stored in double. at offset: 5",
                "{\"a\":1.8e308}|JSON Parse error: Number too big to be stored in double. at offset: 5",
                "{\"a\":0e309}|JSON Parse error: Number too big to be stored in double. at offset: 5",
                "{\"a\":01}|JSON Parse error: Missing a comma or } after an object member. at offset: 6",
                "{\"a\":Infx}|JSON Parse error: Missing a comma or } after an object member. at offset: 8",
                "{\"a\":Infix}|JSON Parse error: Invalid value. at offset: 9",
                "{'a':1}|JSON Parse error: Missing a name for object member. at offset: 1",
                "5 x|JSON Value: 5 Is not object",
                "01.|JSON Value: 0 Is not object",
                "-01e-{|JSON Value: 0 Is not object",
                "0.5.5|JSON Value: 0.5 Is not object",
                "truely|JSON Value: true Is not object",
                "[1,{\"a\":[]}]|`JSON Value: [\n    1,\n    {\n        \"a\": []\n    }\n] Is not object`",
                "0.5|JSON Value: 0.5 Is not object",
                "\"s\"|JSON Value: \"s\" Is not object",
                "{\"signature_name\":5}|`JSON Value: {\n    \"signature_name\": 5\n} not formatted correctly. "
                        + "'signature_name' key must be a string value.`",
            })
    void refusesBrokenDocuments(String body, String text) {
        ServingException failure = catchThrowableOfType(ServingException.class, () -> parse(body));
        assertThat(failure.getMessage()).isEqualTo(text);
        assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|Missing 'inputs' or 'instances' key",
                "{\"inputs\":1,\"instances\":[1]}|`JSON Value: {\n    \"inputs\": 1,\n    \"instances\": [\n        1\n"
                        + "    ]\n} Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist `",
                "{\"instances\":1}|`JSON Value: {\n    \"instances\": 1\n} Expecting 'instances' to be an list/array`",
                "{\"instances\":[]}|`JSON Value: {\n    \"instances\": []\n} No values in 'instances' array`",
                "{\"instances\":[1,{\"x\":1}]}|Expecting value/list but got object at item 1 of input list",
                "{\"instances\":[{\"x\":1},[1]]}|Expecting object but got list at item 1 of input list",
                "{\"instances\":[[1,2],[3,4],[5,6,7]]}|Failed to process element: 2 of 'instances' list. Error: "
                        + "INVALID_ARGUMENT: Expecting tensor size: 2 but got: 3",
                "{\"instances\":[[1,2],[[1,2]]]}|Failed to process element: 1 of 'instances' list. Error: "
                        + "INVALID_ARGUMENT: Expecting shape [2] but got: [1,2]",
                "{\"instances\":[[[1,2],[3]]]}|Failed to process element: 0 of 'instances' list. Error: "
                        + "INVALID_ARGUMENT: Encountered list at unexpected size: 1 at level: 1 expected size: 2",
                "{\"instances\":[[1,[2]]]}|Failed to process element: 0 of 'instances' list. Error: "
                        + "INVALID_ARGUMENT: Encountered list at unexpected level: 1 expected < 1",
                "{\"instances\":[[[1],2]]}|Failed to process element: 0 of 'instances' list. Error: "
                        + "INVALID_ARGUMENT: JSON Value: 2 found at incorrect level: 2 expected at level: 2",
                "{\"instances\":[\"x\"]}|Failed to process element: 0 of 'instances' list. Error: "
                        + "INVALID_ARGUMENT: JSON Value: \"x\" Type: String is not of expected type: int32",
                "{\"instances\":[{\"x\":null}]}|Failed to process element: 0 key: x of 'instances' list. Error: "
                        + "INVALID_ARGUMENT: JSON Value: null Type: Null is not of expected type: int32",
                "{\"instances\":[{\"y\":1}]}|Failed to process element: 0 key: y of 'instances' list. Error: "
                        + "INVALID_ARGUMENT: JSON object: does not have named input: y",
                "{\"instances\":[{\"x\":1},{}]}|Failed to process element: 1 of 'instances' list. JSON object: {} "
                        + "keys must be equal to: x",
                "{\"inputs\":{\"y\":1}}|Missing named input: x in 'inputs' object.",
                "{\"inputs\":[[1],[2,3]]}|Encountered list at unexpected size: 2 at level: 1 expected size: 1",
                "{\"inputs\":[{\"k\":1}]}|`JSON Value: {\n    \"k\": 1\n} Type: Object is not of expected type: int32`",
                "{\"inputs\":[1.5]}|JSON Value: 1.5 Type: Number is not of expected type: int32",
                "{\"inputs\":[[],[1]]}|Encountered list at unexpected size: 1 at level: 1 expected size: 0",
            })
    void refusesValuesThatDoNotFit(String body, String text) {
        assertThat(failure(body, INT)).isEqualTo(text);
    }

    @Test
    void reportsTheOuterListOfWrongSizeBeforeWhatIsWrongInside() {
        assertThat(failure("{\"inputs\":[[1,2],[\"a\"]]}", INT))
                .isEqualTo("Encountered list at unexpected size: 1 at level: 1 expected size: 2");
        assertThat(failure("{\"inputs\":[[1,2],[\"a\",5]]}", INT))
                .isEqualTo("JSON Value: \"a\" Type: String is not of expected type: int32");
    }

    @Test
    void refusesPlainValuesForSeveralInputs() {
        assertThat(failure("{\"instances\":[1]}", TWO))
                .isEqualTo("instances is a plain list, but expecting list of objects as multiple input tensors "
                        + "required as per tensorinfo_map");
        assertThat(failure("{\"inputs\":[1]}", TWO))
                .isEqualTo("inputs is a plain value/list, but expecting an object as multiple input tensors "
                        + "required as per tensorinfo_map");
        assertThat(failure("{\"instances\":[{\"a\":1}]}", TWO)).endsWith(" keys must be equal to: a,b");
    }

    @Test
    void refusesWhatIsNoBase64() {
        assertThat(failure("{\"inputs\":{\"b64\":\"!!\"}}", STRING)).isEqualTo("Unable to base64 decode");
        assertThat(failure("{\"inputs\":[{\"b64\":1}]}", STRING))
                .isEqualTo("JSON Value: {\n    \"b64\": 1\n} not formatted correctly for base64 data");
        assertThat(failure("{\"instances\":[{\"b64\":\"a-_b\"}]}", STRING))
                .isEqualTo("Failed to process element: 0 of 'instances' list. Error: "
                        + "INVALID_ARGUMENT: Unable to base64 decode");
    }

    @ParameterizedTest
    @ValueSource(strings = {"aGVsbG8=", "aGVsbG8", " aGVs bG8=\\n", "aGVsb\\u0047\\u0038="})
    void readsBase64WithAndWithoutPaddingAndBlanks(String encoded) {
        assertThat(strings(read("{\"instances\":[{ \"b64\" : \"" + encoded + "\" }]}", STRING)
                        .get("x")))
                .containsExactly("hello");
    }

    @Test
    void saysUnimplementedForTypesThatJsonCannotCarry() {
        Signature half = signature("x", DataType.HALF);
        ServingException columnar =
                catchThrowableOfType(ServingException.class, () -> read("{\"inputs\":[1.5]}", half));
        assertThat(columnar.code()).isEqualTo(ErrorCode.UNIMPLEMENTED);
        assertThat(columnar.getMessage()).isEqualTo("Conversion of JSON Value: 1.5 to type: half");
        ServingException row = catchThrowableOfType(ServingException.class, () -> read("{\"instances\":[1.5]}", half));
        assertThat(row.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(row.getMessage())
                .isEqualTo("Failed to process element: 0 of 'instances' list. Error: "
                        + "UNIMPLEMENTED: Conversion of JSON Value: 1.5 to type: half");
    }

    @Test
    void refusesSignaturesWithoutInputs() {
        Signature none = new Signature("s", "", Map.of(), Map.of(), Map.of());
        assertThat(failure("{}", none)).isEqualTo("Failed to get input map for signature: DEFAULT");
        assertThat(failure("{\"signature_name\":\"s\"}", none)).isEqualTo("Failed to get input map for signature: s");
    }

    @Test
    void survivesDeepNesting() {
        int depth = 1_000_000;
        String deep = "{\"other\":" + "[".repeat(depth) + "]".repeat(depth) + ", \"instances\":[1]}";
        assertThat(read(deep, INT)).containsKey("x");
        String wanted = "{\"instances\":" + "[".repeat(depth) + "]".repeat(depth) + "}";
        assertThat(failure(wanted, INT)).contains("nested deeper");
        String objects = "{\"inputs\":[1," + "{\"a\":".repeat(depth) + "1" + "}".repeat(depth) + "]}";
        assertThat(failure(objects, INT)).contains("Type: Object is not of expected type: int32");
        assertThat(failure("[".repeat(depth), INT)).contains("JSON Parse error");
        String maximum = "{\"inputs\":" + "[".repeat(254) + "1" + "]".repeat(254) + "}";
        assertThat(read(maximum, INT).get("x").shape().rank()).isEqualTo(254);
    }

    @Test
    void refusesMoreTensorMemoryThanAllowedBeforeTakingIt() {
        String body = "{\"instances\":[" + "1,".repeat(999) + "1]}";
        PredictJson json =
                PredictJson.parse(JsonText.copyOf(body.getBytes(StandardCharsets.UTF_8)), new JsonLimits(3999));
        assertThat(catchThrowableOfType(ServingException.class, () -> json.tensors(INT))
                        .getMessage())
                .contains("1000 values", "limit is 3999");
    }

    @Test
    void cutsEchoedValues() {
        String message = failure("{\"inputs\":\"" + "é".repeat(1000) + "\"}", INT);
        assertThat(message).contains("...").hasSizeLessThan(400).doesNotContain("\uFFFD");
    }

    static Signature signature(Object... aliasesAndTypes) {
        Map<String, TensorSpec> inputs = new LinkedHashMap<>();
        for (int i = 0; i < aliasesAndTypes.length; i += 2) {
            String alias = (String) aliasesAndTypes[i];
            inputs.put(alias, new TensorSpec(alias + ":0", (DataType) aliasesAndTypes[i + 1], Shape.UNKNOWN));
        }
        return new Signature("serving_default", Signature.PREDICT_METHOD, inputs, Map.of(), Map.of());
    }

    static PredictJson parse(String body) {
        return PredictJson.parse(JsonText.copyOf(body.getBytes(StandardCharsets.UTF_8)), JsonLimits.DEFAULT);
    }

    static Map<String, Tensor> read(String body, Signature signature) {
        return parse(body).tensors(signature);
    }

    static String failure(String body, Signature signature) {
        return catchThrowableOfType(ServingException.class, () -> read(body, signature))
                .getMessage();
    }

    static float[] floats(Tensor tensor) {
        float[] values = new float[(int) tensor.shape().elements()];
        tensor.data().asFloatBuffer().get(values);
        return values;
    }

    static List<String> strings(Tensor tensor) {
        List<String> values = new ArrayList<>();
        for (byte[] value : tensor.strings()) {
            values.add(new String(value, StandardCharsets.UTF_8));
        }
        return values;
    }
}
