package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ServiceProfileTest {

    /** 1000 + 10 n nanoseconds; two at once take 1.5 times as long. */
    private static ServiceProfile affine() {
        return ServiceProfile.of(
                new Measured(List.of(1, 4, 16, 64), List.of(1010L, 1040L, 1160L, 1640L), List.of(1.0, 1.5)), 64, 4);
    }

    @Test
    void timesBetweenAndBeyondMeasuredSizesFollowTheLine() {
        ServiceProfile profile = affine();

        for (int rows : new int[] {1, 2, 3, 5, 16, 33, 64, 100}) {
            assertThat(profile.runNanos(rows)).as("%s rows", rows).isCloseTo(1000 + 10.0 * rows, within(1.0));
        }
        assertThat(profile.largest()).isEqualTo(64);
    }

    @Test
    void whatRunsPaddedTakesAsLongAsTheNextPowerOfTwo() {
        ServiceProfile profile = affine().padded();

        assertThat(List.of(1, 2, 3, 4, 5, 33, 64))
                .extracting(profile::runNanos)
                .containsExactly(1010.0, 1020.0, 1040.0, 1040.0, 1080.0, 1640.0, 1640.0);
    }

    @Test
    void whatRanPaddedTeachesTheNextPowerOfTwoOnly() {
        ServiceProfile profile = affine().padded();

        profile.observe(33, 1800, 1);

        assertThat(profile.runNanos(64)).isGreaterThan(1640);
        assertThat(profile.runNanos(32)).isCloseTo(1320, within(1.0));
    }

    @Test
    void fromOneMeasuredSizeMuchIsHopedOfLargerOnes() {
        ServiceProfile profile = ServiceProfile.of(new Measured(List.of(1), List.of(700L), List.of(1.0)), 64, 2);

        assertThat(profile.runNanos(1)).isEqualTo(700);
        assertThat(profile.runNanos(64)).isGreaterThan(700).isLessThan(10 * 700);
    }

    @Test
    void moreAtOnceThanWereMeasuredGainNothing() {
        ServiceProfile profile = affine();

        assertThat(profile.slowdown(2)).isEqualTo(1.5);
        assertThat(profile.slowdown(1.5)).isEqualTo(1.25);
        assertThat(profile.speed(2)).isCloseTo(4 / 3.0, within(1e-9));
        assertThat(profile.speed(4)).isCloseTo(profile.speed(2), within(1e-9));
        assertThat(profile.bestAtOnce()).isEqualTo(2);
    }

    @Test
    void nothingIsKnownUntilTheFirstBatchHasRun() {
        ServiceProfile profile = ServiceProfile.unknown(64, 2);
        assertThat(profile.known()).isFalse();
        assertThat(profile.measured()).isNull();
        assertThat(profile.runNanos(5)).isZero();

        profile.observe(4, 2_000, 1);

        assertThat(profile.known()).isTrue();
        assertThat(profile.runNanos(4)).isCloseTo(2_000, Percentage.withPercentage(1));
        assertThat(profile.runNanos(64))
                .as("hopeful about larger batches")
                .isLessThan(2_000 * 64 / 4.0)
                .isGreaterThan(2_000);
    }

    @Test
    void aMachineThatBecameSlowerIsNoticedWithinSomeDozenBatches() {
        ServiceProfile profile = affine();

        for (int i = 0; i < 60; i++) {
            profile.observe(16, 2_320, 1);
        }

        assertThat(profile.runNanos(16)).isCloseTo(2_320, Percentage.withPercentage(10));
        assertThat(profile.runNanos(64)).isGreaterThanOrEqualTo(profile.runNanos(16));
    }

    @Test
    void oneOddRunChangesLittle() {
        ServiceProfile profile = affine();

        profile.observe(16, 1_000_000, 1);

        assertThat(profile.runNanos(16)).isLessThan(1.3 * 1160);
    }

    @Test
    void whatRunsAtOnceTeachesTheSlowdownNotTheTimes() {
        ServiceProfile profile = affine();

        for (int i = 0; i < 300; i++) {
            profile.observe(16, 2 * 1160, 2);
        }

        assertThat(profile.slowdown(2)).isCloseTo(2, Percentage.withPercentage(5));
        assertThat(profile.speed(2)).isLessThan(1.03);
        assertThat(profile.runNanos(16)).isCloseTo(1160, within(1.0));
    }

    @Test
    void largerBatchesNeverTakeLessAndNeverMoreThanTheirRowsInSmallerOnes() {
        Random random = new Random(7);
        ServiceProfile profile = affine();

        for (int i = 0; i < 2_000; i++) {
            profile.observe(1 + random.nextInt(64), 1 + random.nextInt(5_000), 1 + random.nextInt(4));
            for (int rows = 1; rows < 64; rows *= 2) {
                assertThat(profile.runNanos(2L * rows)).isGreaterThanOrEqualTo(profile.runNanos(rows));
            }
            for (int atOnce = 1; atOnce < 4; atOnce++) {
                assertThat(profile.slowdown(atOnce + 1)).isGreaterThanOrEqualTo(profile.slowdown(atOnce));
            }
        }
    }

    @Test
    void rowsOfAnotherSizeScaleWhatRowsCost() {
        ServiceProfile wide = affine().scaled(10);

        assertThat(wide.runNanos(1)).isCloseTo(1010, within(1.0));
        assertThat(wide.runNanos(64)).isCloseTo(1010 + 63 * 100, within(10.0));
        assertThat(wide.known()).isTrue();
    }

    @Test
    void whatItTellsMakesAnEqualProfile() {
        ServiceProfile profile = affine();
        profile.observe(10, 3_000, 1);
        Measured told = profile.measured();

        assertThat(told).isNotNull();
        assertThat(ServiceProfile.of(told, 64, 4).measured()).isEqualTo(told);
    }

    @Test
    void refusesMeasurementsThatMakeNoSense() {
        assertThatThrownBy(() -> new Measured(List.of(), List.of(), List.of(1.0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Measured(List.of(4, 1), List.of(1L, 2L), List.of(1.0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Measured(List.of(1), List.of(0L), List.of(1.0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Measured(List.of(1), List.of(1L), List.of(Double.NaN)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void refusesMoreRowsThanItCanCount() {
        assertThatThrownBy(() -> ServiceProfile.unknown(Integer.MAX_VALUE, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SelfTuningOptions(Optional.empty(), Integer.MAX_VALUE, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
