package dev.hearth.endpoints.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.ErrorJson;
import dev.hearth.endpoints.codec.json.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GzipTest {

    @Test
    void readsBackWhatItWrote() {
        ByteSink text = ErrorJson.write("é".repeat(100_000));
        JsonText packed = JsonText.copyOf(Gzip.compress(text));
        assertThat(packed.length()).isLessThan(text.length() / 10);
        JsonText read = Objects.requireNonNull(Gzip.decompress(packed, text.length()));
        assertThat(Arrays.copyOf(read.bytes(), read.length())).isEqualTo(text.toByteArray());
        assertThat(read.bytes()[read.length()]).isZero();
    }

    @Test
    void refusesMoreThanTheLimit() {
        ByteSink text = ErrorJson.write("x".repeat(1_000_000));
        JsonText packed = JsonText.copyOf(Gzip.compress(text));
        assertThat(Gzip.decompress(packed, text.length() - 1)).isNull();
    }

    @Test
    void takesWhatIsNoGzipForNothing() {
        JsonText read =
                Objects.requireNonNull(Gzip.decompress(JsonText.copyOf("{}".getBytes(StandardCharsets.UTF_8)), 100));
        assertThat(read.length()).isZero();
    }
}
