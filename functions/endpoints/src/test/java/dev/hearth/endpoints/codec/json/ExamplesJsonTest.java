package dev.hearth.endpoints.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.predict.Classification;
import dev.hearth.engine.predict.Classification.Scored;
import dev.hearth.engine.predict.Regression;
import dev.hearth.protocol.tensorflow.Example;
import dev.hearth.protocol.tensorflow.Feature;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExamplesJsonTest {

    @Test
    void readsFeaturesOfEveryKind() throws InvalidProtocolBufferException {
        Map<String, Feature> features = features(
                """
                {"signature_name": "s", "examples": [{
                  "ints": [1, -2, true, false, 9223372036854775807],
                  "int": 20,
                  "floats": [1.5, NaN, -Infinity, 1e39],
                  "strings": ["a", {"b64": "AP8="}],
                  "none": [], "é": "ü"
                }]}""");
        assertThat(features.get("ints").getInt64List().getValueList()).containsExactly(1L, -2L, 1L, 0L, Long.MAX_VALUE);
        assertThat(features.get("int").getInt64List().getValueList()).containsExactly(20L);
        assertThat(features.get("floats").getFloatList().getValueList())
                .containsExactly(1.5f, Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        assertThat(features.get("strings").getBytesList().getValueList())
                .containsExactly(ByteString.copyFromUtf8("a"), ByteString.copyFrom(new byte[] {0, (byte) 0xFF}));
        assertThat(features.get("none").getKindCase()).isEqualTo(Feature.KindCase.KIND_NOT_SET);
        assertThat(features.get("é").getBytesList().getValue(0).toStringUtf8()).isEqualTo("ü");
    }

    @Test
    void letsAnExampleOverrideTheContext() throws InvalidProtocolBufferException {
        Map<String, Feature> features = features("{\"context\":{\"a\":1,\"b\":2},\"examples\":[{\"b\":[3]}]}");
        assertThat(features.get("a").getInt64List().getValueList()).containsExactly(1L);
        assertThat(features.get("b").getInt64List().getValueList()).containsExactly(3L);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"context\":{}}|When method is classify, key 'examples' is expected and was not found",
                "{\"examples\":1}|Expecting 'examples' value to be an list/array",
                "{\"examples\":[]}|'examples' value is an empty array",
                "{\"examples\":[[]]}|Example must be JSON object but got JSON Array",
                "{\"context\":1,\"examples\":[{}]}|Example must be JSON object but got JSON Number",
                "{\"examples\":[{\"f\":[1,1.5]}]}|Unexpected element type in feature: f expecting type: int64",
                "{\"examples\":[{\"f\":[1.5,true]}]}|Unexpected element type in feature: f expecting type: float",
                "{\"examples\":[{\"f\":[\"a\",1]}]}|Unexpected element type in feature: f expecting type: bytes",
                "{\"examples\":[{\"f\":null}]}|Feature: f has element with unexpected JSON type: Null",
                "{\"examples\":[{\"f\":[[1]]}]}|Feature: f has element with unexpected JSON type: Array",
                "{\"examples\":[{\"f\":{\"x\":1}}]}|Feature: f has element with unexpected JSON type: Object",
                "{\"examples\":[{\"f\":18446744073709551615}]}|"
                        + "Feature: f has uint64_t element. Only int64_t is supported.",
                "{\"examples\":[{\"f\":{\"b64\":\"!\"}}]}|Unable to base64 decode",
            })
    void refusesWhatIsNoExample(String body, String text) {
        assertThatThrownBy(() -> parse(body))
                .isInstanceOf(ServingException.class)
                .hasMessageContaining(text);
    }

    @Test
    void boundsWhatAContextCosts() {
        String body = "{\"context\":{\"f\":\"" + "x".repeat(1000) + "\"},\"examples\":[{},{},{}]}";
        JsonText text = JsonText.copyOf(body.getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> ExamplesJson.parse(text, new JsonLimits(2500), "regress"))
                .hasMessageContaining("2500 bytes");
    }

    @Test
    void writesClassesRowByRow() {
        ServableId id = new ServableId("m", 1);
        byte[] a = "a".getBytes(StandardCharsets.UTF_8);
        Classification answer = new Classification(
                id, "s", List.of(List.of(new Scored(a, 0.5f), new Scored(new byte[0], 1)), List.of()));
        assertThat(NumberTextTest.text(InferenceJson.write(answer)))
                .isEqualTo("{\n    \"results\": [[[\"a\", 0.5], [\"\", 1.0]], []\n    ]\n}");
        assertThat(NumberTextTest.text(InferenceJson.write(new Regression(id, "s", new float[] {0.1f, 2}))))
                .isEqualTo("{\n    \"results\": [0.1, 2.0]\n}");
        assertThatThrownBy(() -> InferenceJson.write(new Classification(id, "s", List.of())))
                .hasMessage("Cannot convert empty ClassificationResults to JSON");
    }

    private static Map<String, Feature> features(String body) throws InvalidProtocolBufferException {
        return Example.parseFrom(parse(body).examples().get(0)).getFeatures().getFeatureMap();
    }

    private static ExamplesJson parse(String body) {
        return ExamplesJson.parse(
                JsonText.copyOf(body.getBytes(StandardCharsets.UTF_8)), JsonLimits.DEFAULT, "classify");
    }
}
