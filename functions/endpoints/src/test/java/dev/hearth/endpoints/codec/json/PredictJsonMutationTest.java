package dev.hearth.endpoints.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.DataType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests with bytes changed, cut out and doubled at random: read, or refused as the client's mistake, and no third. */
class PredictJsonMutationTest {

    private static final List<String> BODIES = List.of(
            "{\"signature_name\":\"s\",\"instances\":[[1.5,-2e3],[NaN,-Infinity]]}",
            "{\"instances\":[{\"a\":[1,2],\"b\":{\"b64\":\"aGVsbG8=\"}},{\"b\":\"x\\u00e9\\ud83d\\ude00\",\"a\":[3,4]}]}",
            "{\"inputs\":{\"a\":[[1],[2]],\"b\":\"text\",\"c\":[{},[],null,true]}}",
            "{ \"inputs\" : [ \"a\\n\" , {\"b64\":\"AA\"} ] , \"x\" : [[[[]]]] }",
            "{\"context\":{\"f\":[1,true]},\"examples\":[{\"f\":1.5,\"g\":[\"a\",{\"b64\":\"AA==\"}]},{}]}");

    private static final List<Signature> SIGNATURES = List.of(
            PredictJsonTest.signature("x", DataType.FLOAT),
            PredictJsonTest.signature("x", DataType.INT64),
            PredictJsonTest.signature("x", DataType.STRING),
            PredictJsonTest.signature("x", DataType.HALF),
            PredictJsonTest.signature("a", DataType.FLOAT, "b", DataType.STRING));

    @Test
    void readsOrRefusesWhateverComes() {
        Random random = new Random(11);
        int read = 0;
        for (int i = 0; i < 60_000; i++) {
            byte[] body = JsonMutations.of(BODIES.get(i % BODIES.size()).getBytes(StandardCharsets.UTF_8), random);
            try {
                JsonText text = JsonText.copyOf(body);
                if (i % 2 == 0) {
                    PredictJson json = PredictJson.parse(text, JsonLimits.DEFAULT);
                    json.tensors(SIGNATURES.get(random.nextInt(SIGNATURES.size())));
                } else {
                    ExamplesJson.parse(text, JsonLimits.DEFAULT, "classify");
                }
                read++;
            } catch (ServingException e) {
                if (e.code() != ErrorCode.INVALID_ARGUMENT && e.code() != ErrorCode.UNIMPLEMENTED) {
                    throw new AssertionError(new String(body, StandardCharsets.UTF_8), e);
                }
            } catch (RuntimeException e) {
                throw new AssertionError(new String(body, StandardCharsets.UTF_8), e);
            }
        }
        assertThat(read).isGreaterThan(100);
    }
}
