package dev.hearth.endpoints.openinference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.codec.json.JsonMutations;
import dev.hearth.endpoints.predict.RequestBytes;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests with bytes changed, cut out and doubled at random: read, or refused as the client's mistake, and no third. */
class HttpInferenceMutationTest {

    private static final List<String> BODIES = List.of(
            "{\"id\":\"1\",\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[[1.5,-2e3],[0,1]]}]}",
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT64\",\"data\":[9007199254740993],\"shape\":[1]}],\"outputs\":[{\"name\":\"y\"}]}",
            "{\"parameters\":{\"priority\":1},\"inputs\":[{\"name\":\"s\",\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"a\\u00e9\",\"\"]}]}",
            "{\"inputs\":[{\"name\":\"s\",\"shape\":[1],\"datatype\":\"BYTES\",\"parameters\":{\"content_type\":\"base64\"},\"data\":[\"AA==\"]}]}",
            "{\"inputs\":[{\"name\":\"b\",\"shape\":[3],\"datatype\":\"BOOL\",\"data\":[true,false,true]},"
                    + "{\"name\":\"u\",\"shape\":[1,2],\"datatype\":\"UINT8\",\"data\":[1,255]}]}",
            "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":8}},"
                    + "{\"name\":\"s\",\"shape\":[1],\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":6}}]}");

    private static final byte[] BEHIND = {0, 0, 0x40, 0x3f, 0, 0, 0, 0, 2, 0, 0, 0, 'h', 'i'};

    private static final Signature SIGNATURE = new Signature("serving_default", "", Map.of(), Map.of(), Map.of());

    @Test
    void readsOrRefusesWhateverComes() {
        Random random = new Random(13);
        SharedMemory none = new SharedMemory(false);
        int read = 0;
        for (int i = 0; i < 60_000; i++) {
            byte[] json = JsonMutations.of(BODIES.get(i % BODIES.size()).getBytes(StandardCharsets.UTF_8), random);
            boolean binary = i % 2 == 0;
            byte[] body = Arrays.copyOf(json, json.length + (binary ? BEHIND.length : 0));
            System.arraycopy(BEHIND, 0, body, json.length, body.length - json.length);
            try {
                HttpInference.read(
                                "m",
                                "",
                                RequestBytes.of(body),
                                binary ? OptionalInt.of(json.length + random.nextInt(2)) : OptionalInt.empty(),
                                JsonLimits.DEFAULT,
                                none)
                        .request()
                        .inputs()
                        .of(SIGNATURE);
                read++;
            } catch (ServingException e) {
                if (e.code() != ErrorCode.INVALID_ARGUMENT && e.code() != ErrorCode.UNIMPLEMENTED) {
                    throw new AssertionError(new String(body, StandardCharsets.ISO_8859_1), e);
                }
            } catch (RuntimeException e) {
                throw new AssertionError(new String(body, StandardCharsets.ISO_8859_1), e);
            }
        }
        assertThat(read).isGreaterThan(100);
    }
}
