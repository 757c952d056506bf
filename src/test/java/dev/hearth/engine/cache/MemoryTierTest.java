package dev.hearth.engine.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.ManualTicker;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryTierTest {

    private static final int BYTES = 64 << 10;

    private final MemoryTier tier =
            new MemoryTier(new CacheOptions(true, false, BYTES, Duration.ZERO, RowRule.AUTO, 0), new ManualTicker());
    private final QuestionKind kind = new QuestionKind(this, 1, new byte[0], new byte[] {1});

    private KeptAnswer answer(int floats) {
        KeptAnswer answer = kind.keep(List.of(Tensor.ofFloats(Shape.of(floats), new float[floats])), 1 << 20);
        assertThat(answer).isNotNull();
        return answer;
    }

    private PredictionKey key(int number) {
        return kind.key(0, new Question(List.of(Tensor.ofInts(Shape.of(1), number)), 1), KeyForm.WHOLE, -1);
    }

    @Test
    void keepsNoMoreBytesThanItMay() {
        for (int i = 0; i < 2_000; i++) {
            tier.put(key(i), answer(100));
        }

        assertThat(tier.bytes()).isBetween(BYTES / 2L, (long) BYTES);
        assertThat(tier.entries()).isEqualTo(tier.bytes() / answer(100).weight());
        assertThat(tier.evictions()).isEqualTo(2_000 - tier.entries());
    }

    @Test
    void oneAnswerDoesNotPushOutAllOthers() {
        tier.put(key(1), answer(10));
        tier.put(key(2), answer(BYTES / 8));

        assertThat(tier.get(key(1))).isNotNull();
        assertThat(tier.get(key(2))).isNull();
    }

    @Test
    void believesNoAnswerWhoseSecondCheckIsAnother() {
        PredictionKey key = key(1);
        tier.put(key, answer(1));

        assertThat(tier.get(new PredictionKey(0, 0, 0))).isNull();
        assertThat(tier.get(key)).isNotNull();
        assertThat(tier.get(key.withCheck(key.check() + 1))).isNull();
    }

    @Test
    void givesTheMemoryOfAVersionBack() {
        tier.put(key(1), answer(1));
        tier.forget(owner -> owner != this);
        assertThat(tier.bytes()).isPositive();

        tier.forget(owner -> owner == this);

        assertThat(tier.bytes()).isZero();
        assertThat(tier.entries()).isZero();
    }
}
