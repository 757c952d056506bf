package dev.hearth.endpoints.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PredictAnswerJsonTest {

    @Test
    void keepsRowsOnOneLine() {
        assertThat(row(Map.of("y", Tensor.ofFloats(Shape.of(3), 2.5f, 3f, 4.5f))))
                .isEqualTo("{\n    \"predictions\": [2.5, 3.0, 4.5\n    ]\n}");
        assertThat(row(Map.of("y", Tensor.ofInts(Shape.of(2, 2), 1, 2, 3, 4))))
                .isEqualTo("{\n    \"predictions\": [[1, 2], [3, 4]\n    ]\n}");
        assertThat(row(Map.of("y", Tensor.ofInts(Shape.of(0, 2))))).isEqualTo("{\n    \"predictions\": []\n}");
    }

    @Test
    void writesSeveralOutputsAsObjects() {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("a", Tensor.ofFloats(Shape.of(2, 1), 1, 2));
        outputs.put("b", strings(Shape.of(2), "x", "y"));
        assertThat(row(outputs))
                .isEqualTo(
                        """
                        {
                            "predictions": [
                                {
                                    "a": [1.0],
                                    "b": "x"
                                },
                                {
                                    "a": [2.0],
                                    "b": "y"
                                }
                            ]
                        }""");
        assertThat(column(outputs))
                .isEqualTo(
                        """
                        {
                            "outputs": {
                                "a": [
                                    [
                                        1.0
                                    ],
                                    [
                                        2.0
                                    ]
                                ],
                                "b": [
                                    "x",
                                    "y"
                                ]
                            }
                        }""");
    }

    @Test
    void writesOneOutputBareInColumns() {
        assertThat(column(Map.of("y", Tensor.ofLongs(Shape.SCALAR, -5)))).isEqualTo("{\n    \"outputs\": -5\n}");
        assertThat(column(Map.of("y", Tensor.ofFloats(Shape.of(2), Float.NaN, Float.NEGATIVE_INFINITY))))
                .isEqualTo("{\n    \"outputs\": [\n        NaN,\n        -Infinity\n    ]\n}");
    }

    @Test
    void writesBytesAsBase64ByTheNameOfTheOutput() {
        assertThat(row(Map.of("y_bytes", strings(Shape.of(2), "hello", ""))))
                .isEqualTo(
                        """
                        {
                            "predictions": [{
                                    "b64": "aGVsbG8="
                                }, {
                                    "b64": ""
                                }
                            ]
                        }""");
        assertThat(column(Map.of("y_bytes", Tensor.ofInts(Shape.SCALAR, 1)))).isEqualTo("{\n    \"outputs\": 1\n}");
    }

    @Test
    void escapesStringsAndPassesBytesThatAreNoUtf8() {
        String text = row(Map.of("y", strings(Shape.of(1), "\"\\\b\f\n\r\t\u0001/é")));
        assertThat(text).contains("\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001/é\"");
        byte[] raw = {(byte) 0xFF};
        ByteSink out = PredictAnswerJson.write(
                Map.of("y", Tensor.ofStrings(Shape.of(1), new byte[][] {raw})), PredictFormat.ROW);
        assertThat(out.toByteArray()).contains((byte) 0xFF);
    }

    @Test
    void writesEveryIntegerTypeAndBooleans() {
        assertThat(one(DataType.UINT8, (byte) 0xFF)).isEqualTo("255");
        assertThat(one(DataType.INT8, (byte) 0xFF)).isEqualTo("-1");
        assertThat(one(DataType.INT16, (byte) 0xFE, (byte) 0xFF)).isEqualTo("-2");
        assertThat(one(DataType.UINT32, (byte) -1, (byte) -1, (byte) -1, (byte) -1))
                .isEqualTo("4294967295");
        assertThat(one(DataType.BOOL, (byte) 1)).isEqualTo("true");
        assertThat(one(
                        DataType.UINT64,
                        (byte) -1,
                        (byte) -1,
                        (byte) -1,
                        (byte) -1,
                        (byte) -1,
                        (byte) -1,
                        (byte) -1,
                        (byte) -1))
                .isEqualTo("18446744073709551615");
    }

    @Test
    void refusesWhatRowsOrJsonCannotTell() {
        assertThatThrownBy(() -> row(Map.of("y", Tensor.ofFloats(Shape.SCALAR, 1))))
                .hasMessage("Tensor name: y has no shape information ");
        Map<String, Tensor> uneven = new LinkedHashMap<>();
        uneven.put("a", Tensor.ofInts(Shape.of(2), 1, 2));
        uneven.put("b", Tensor.ofInts(Shape.of(3), 1, 2, 3));
        assertThatThrownBy(() -> row(uneven)).hasMessage("Tensor name: b has inconsistent batch size: 3 expecting: 2");
        assertThatThrownBy(() -> row(Map.of("y", Tensor.zeros(DataType.UINT16, Shape.of(1)))))
                .hasMessage("Failed to write JSON value for tensor type: uint16");
        assertThatThrownBy(() -> row(Map.of())).hasMessage("Cannot convert empty tensor map to JSON");
    }

    @Test
    void writesErrors() {
        assertThat(NumberTextTest.text(ErrorJson.write("say \"no\"\n")))
                .isEqualTo("{\n    \"error\": \"say \\\"no\\\"\\n\"\n}");
    }

    private static String one(DataType type, byte... bytes) {
        String text = column(Map.of("y", Tensor.of(type, Shape.SCALAR, ByteBuffer.wrap(bytes))));
        return text.substring("{\n    \"outputs\": ".length(), text.length() - 2);
    }

    private static Tensor strings(Shape shape, String... values) {
        byte[][] elements = new byte[values.length][];
        for (int i = 0; i < values.length; i++) {
            elements[i] = values[i].getBytes(StandardCharsets.UTF_8);
        }
        return Tensor.ofStrings(shape, elements);
    }

    private static String row(Map<String, Tensor> outputs) {
        return NumberTextTest.text(PredictAnswerJson.write(outputs, PredictFormat.ROW));
    }

    private static String column(Map<String, Tensor> outputs) {
        return NumberTextTest.text(PredictAnswerJson.write(outputs, PredictFormat.COLUMNAR));
    }
}
