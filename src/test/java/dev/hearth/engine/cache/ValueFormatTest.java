package dev.hearth.engine.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ValueFormatTest {

    private final SharedKey key = new SharedKey(bytes(1), bytes(2));
    private final QuestionKind kind = new QuestionKind(this, 1, bytes(3), "x".getBytes(StandardCharsets.UTF_8));

    private static byte[] bytes(int value) {
        byte[] bytes = new byte[16];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static List<Tensor> outputs() {
        return List.of(
                Tensor.ofFloats(Shape.of(2, 2), 1, -0f, Float.NaN, 4),
                Tensor.ofStrings(Shape.of(2), new byte[][] {{7, 8, 9}, {}}),
                Tensor.ofLongs(Shape.SCALAR, Long.MIN_VALUE),
                Tensor.zeros(DataType.BOOL, Shape.of(0, 3)),
                Tensor.zeros(DataType.DOUBLE, Shape.of(1, 100)));
    }

    private byte[] value(int compressFromBytes) {
        KeptAnswer answer = kind.keep(outputs(), 1 << 20);
        assertThat(answer).isNotNull();
        return QuestionKind.encode(answer, key, compressFromBytes);
    }

    private static void assertSame(List<Tensor> read) {
        assertThat(read).hasSameSizeAs(outputs());
        for (int i = 0; i < read.size(); i++) {
            Tensor expected = outputs().get(i);
            assertThat(read.get(i).type()).isEqualTo(expected.type());
            assertThat(read.get(i).shape()).isEqualTo(expected.shape());
            if (expected.type() == DataType.STRING) {
                assertThat(read.get(i).strings()).isDeepEqualTo(expected.strings());
            } else {
                assertThat(read.get(i).data()).isEqualTo(expected.data());
            }
        }
    }

    @Test
    void readsWhatItWrote() {
        for (byte[] value : List.of(value(0), value(1))) {
            KeptAnswer read = kind.decode(value, key);

            assertThat(read).isNotNull();
            assertSame(read.tensors());
        }
        assertThat(value(1)).hasSizeLessThan(value(0).length);
    }

    @Test
    void believesNoValueOfAnotherQuestion() {
        assertThat(kind.decode(value(0), new SharedKey(bytes(1), bytes(9)))).isNull();
    }

    @Test
    void noDamagedValueIsAnAnswerOrAnError() {
        SplittableRandom random = new SplittableRandom(7);
        for (byte[] value : List.of(value(0), value(1))) {
            for (int i = 0; i < 20_000; i++) {
                byte[] damaged =
                        Arrays.copyOf(value, 1 + random.nextInt(value.length + 8) + (i % 2) * value.length / 2);
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 + random.nextInt(255));
                if (!Arrays.equals(damaged, value)) {
                    assertThat(kind.decode(damaged, key)).isNull();
                }
            }
        }
        assertThat(kind.decode(new byte[0], key)).isNull();
    }

    /** With a sum that is right, so that what is behind it is read. */
    @Test
    void noMadeUpBodyIsAnError() {
        SplittableRandom random = new SplittableRandom(8);
        byte[] whole = value(0);
        int header = 31;
        for (int i = 0; i < 50_000; i++) {
            byte[] value = Arrays.copyOf(whole, header + random.nextInt(whole.length - header));
            for (int change = random.nextInt(4); change > 0 && value.length > header; change--) {
                value[header + random.nextInt(value.length - header)] = (byte) random.nextInt(256);
            }
            value[2] = (byte) random.nextInt(2);
            long sum = com.dynatrace.hash4j.hashing.Hashing.xxh3_64()
                    .hashBytesToLong(value, header, value.length - header);
            ByteBuffer.wrap(value, 19, 12)
                    .putLong(sum)
                    .putInt(random.nextInt(4) == 0 ? random.nextInt() : value.length - header);
            KeptAnswer read = kind.decode(value, key);
            if (read != null) {
                read.tensors();
            }
        }
    }

    @Test
    void countsWhatItKeeps() {
        KeptAnswer answer = kind.keep(outputs(), 1 << 20);

        assertThat(answer).isNotNull();
        assertThat(answer.weight()).isGreaterThan(4 * 4 + 3 + 8 + 800);
        assertThat(kind.keep(outputs(), 100)).isNull();
    }
}
