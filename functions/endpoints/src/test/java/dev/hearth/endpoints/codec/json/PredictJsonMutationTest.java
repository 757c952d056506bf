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

    private static final String INTERESTING = "{}[],:\"\\0129.eE-+NaInfuxtrls\0 \n";

    @Test
    void readsOrRefusesWhateverComes() {
        Random random = new Random(11);
        int read = 0;
        for (int i = 0; i < 60_000; i++) {
            byte[] body = mutate(BODIES.get(i % BODIES.size()).getBytes(StandardCharsets.UTF_8), random);
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

    private static byte[] mutate(byte[] body, Random random) {
        StringBuilder text = new StringBuilder(new String(body, StandardCharsets.ISO_8859_1));
        int changes = random.nextInt(4);
        for (int i = 0; i < changes && text.length() > 0; i++) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(5)) {
                case 0 -> text.deleteCharAt(at);
                case 1 -> text.insert(at, INTERESTING.charAt(random.nextInt(INTERESTING.length())));
                case 2 -> text.setCharAt(at, INTERESTING.charAt(random.nextInt(INTERESTING.length())));
                case 3 -> text.setLength(at);
                default -> text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(12))));
            }
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
