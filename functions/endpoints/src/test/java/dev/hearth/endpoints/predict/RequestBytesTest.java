package dev.hearth.endpoints.predict;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestBytesTest {

    @ParameterizedTest
    @CsvSource({
        "0, 1",
        "30, 7",
        "512, 512",
        "5000, 1",
        "5000, 5000",
        "5000, 4095",
        "100000, 4096",
        "100000, 999",
        "9000000, 65536"
    })
    void putsABodyTogetherFromChunks(int length, int chunk) {
        byte[] body = new byte[length];
        new Random(length).nextBytes(body);
        RequestBytes bytes = new RequestBytes();
        for (int at = 0; at < length; at += chunk) {
            bytes.add(Buffer.buffer(body).getBuffer(at, Math.min(length, at + chunk)));
        }
        assertThat(bytes.length()).isEqualTo(length);
        assertThat(bytes.toArray(0)).isEqualTo(body);
        assertThat(bytes.toArray(2)).isEqualTo(Arrays.copyOf(body, length + 2));
    }

    @Test
    void showsWhatFollowsAnyIndexWithoutACopy() {
        byte[] body = new byte[12_000];
        new Random(7).nextBytes(body);
        RequestBytes bytes = new RequestBytes();
        for (int[] chunk : new int[][] {{0, 5000}, {5000, 5003}, {5003, 9500}, {9500, 12_000}}) {
            bytes.add(Buffer.buffer(body).getBuffer(chunk[0], chunk[1]));
        }
        for (int start : new int[] {0, 1, 4999, 5000, 5001, 5003, 9499, 9500, 11_999, 12_000}) {
            assertThat(Unpooled.wrappedBuffer(bytes.from(start)))
                    .isEqualTo(Unpooled.wrappedBuffer(body, start, body.length - start));
            assertThat(bytes.text(start).bytes()).isEqualTo(Arrays.copyOf(Arrays.copyOf(body, start), start + 1));
        }
        assertThat(bytes.from(5000)[1].array()).isSameAs(bytes.from(6000)[0].array());
    }

    @Test
    void putsChunksOfAllSizesTogetherInTheirOrder() {
        RequestBytes bytes = new RequestBytes();
        Buffer all = Buffer.buffer();
        for (int size : new int[] {1, 5000, 3, 4000, 4000, 4000, 4000, 4000, 20_000, 7, 4096}) {
            byte[] chunk = new byte[size];
            Arrays.fill(chunk, (byte) size);
            all.appendBytes(chunk);
            bytes.add(Buffer.buffer(chunk));
        }
        assertThat(bytes.toArray(0)).isEqualTo(all.getBytes());
    }
}
