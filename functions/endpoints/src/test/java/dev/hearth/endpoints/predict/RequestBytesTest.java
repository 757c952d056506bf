package dev.hearth.endpoints.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.codec.json.JsonText;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestBytesTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0, 1",
        "-1, 0, 1",
        "30, 30, 7",
        "-1, 512, 512",
        "-1, 513, 100",
        "-1, 5000, 1",
        "-1, 5000, 5000",
        "1048576, 1048576, 16384",
        "1048577, 1048577, 16384",
        "9000000, 9000000, 65536",
        "-1, 9000000, 65536",
        "9000000, 20, 20",
    })
    void putsABodyTogetherFromPieces(long announced, int length, int piece) {
        byte[] body = new byte[length];
        new Random(length).nextBytes(body);
        RequestBytes bytes = new RequestBytes(announced);
        for (int at = 0; at < length; at += piece) {
            bytes.add(Buffer.buffer(body).getBuffer(at, Math.min(length, at + piece)));
        }
        assertThat(bytes.length()).isEqualTo(length);
        JsonText text = bytes.text();
        assertThat(text.length()).isEqualTo(length);
        assertThat(Arrays.copyOf(text.bytes(), length)).isEqualTo(body);
    }
}
