package dev.hearth.engine.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LoopGuardTest {

    private static final ParseLimits LIMITS = new ParseLimits(Duration.ofMillis(100), Duration.ofSeconds(2));

    private final ManualTicker ticker = new ManualTicker();
    private final Queue<Runnable> loop = new ArrayDeque<>();
    private final LoopGuard guard = new LoopGuard(LIMITS, ticker, loop::add);

    @Test
    void takesABurstThatLastsOneRoundHoweverLong() {
        assertThat(round(1000, Duration.ofMillis(5))).isEqualTo(1000);
        assertThat(guard.lag()).isEqualTo(Duration.ofSeconds(5).toNanos());
    }

    @Test
    void takesAllForAsLongAsThePatienceLasts() {
        for (int i = 0; i < 20; i++) {
            assertThat(round(110, Duration.ofMillis(1))).isEqualTo(110);
        }
        assertThat(guard.refused()).isZero();
    }

    @Test
    void readsForHalfTheWaitInEachRoundWhenTooMuchComesForTooLong() {
        saturate();
        long before = guard.refused();
        int taken = round(1000, Duration.ofMillis(1));
        assertThat(taken).isBetween(50, 52);
        assertThat(guard.refused() - before).isEqualTo(1000 - taken);
    }

    @Test
    void goesOnRefusingWhileRefusalsKeepRoundsShort() {
        saturate();
        for (int i = 0; i < 200; i++) {
            assertThat(round(200, Duration.ofMillis(1))).isLessThan(60);
        }
    }

    @Test
    void takesAllAgainWhenRoundsHaveBeenShortForThePatience() {
        saturate();
        for (int i = 0; i < 70; i++) {
            assertThat(round(30, Duration.ofMillis(1))).isEqualTo(30);
        }
        assertThat(round(1000, Duration.ofMillis(1))).isEqualTo(1000);
    }

    @Test
    void takesTheFirstOfEachRoundHoweverSaturated() {
        saturate();
        for (int i = 0; i < 10; i++) {
            assertThat(round(1, Duration.ofSeconds(1))).isEqualTo(1);
        }
    }

    @Test
    void longRoundsWithQuietBetweenAreBursts() {
        for (int i = 0; i < 100; i++) {
            assertThat(round(300, Duration.ofMillis(1))).isEqualTo(300);
            ticker.advance(Duration.ofMillis(150));
        }
    }

    @Test
    void tellsWhyAndWhenToComeBack() {
        saturate();
        guard.admit(Deadline.NONE);
        ticker.advance(Duration.ofMillis(60));
        assertThatThrownBy(() -> guard.admit(Deadline.NONE)).isInstanceOfSatisfying(RefusedException.class, refusal -> {
            assertThat(refusal.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(refusal.retryAfter()).isEqualTo(Optional.of(Duration.ofMillis(200)));
            assertThat(refusal).hasMessage("More requests arrive than can be read: they wait longer than 100 ms");
        });
    }

    @Test
    void hasNoLagWhenNothingCame() {
        round(1, Duration.ofMillis(1));
        ticker.advance(Duration.ofSeconds(2));
        assertThat(guard.lag()).isZero();
    }

    @Test
    void countsTheWaitInFrontOfTheLoopAgainstTheDeadline() {
        round(10, Duration.ofMillis(1));
        assertThat(left(Duration.ofMillis(100))).isEqualTo(Duration.ofMillis(90));
        ticker.advance(Duration.ofMillis(5));
        assertThat(left(Duration.ofMillis(100))).isEqualTo(Duration.ofMillis(85));
    }

    @Test
    void countsNothingAfterAPauseOfTheLoop() {
        round(10, Duration.ofMillis(1));
        ticker.advance(Duration.ofMillis(2));
        assertThat(left(Duration.ofMillis(100))).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void refusesWhatWouldBeAnsweredTooLateBeforeItIsRead() {
        round(10, Duration.ofMillis(1));
        assertThatThrownBy(() -> left(Duration.ofMillis(9)))
                .isInstanceOfSatisfying(RefusedException.class, refusal -> assertThat(refusal.code())
                        .isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
        assertThat(guard.refused()).isEqualTo(1);
        assertThat(left(Duration.ofMillis(-1))).isNegative();
    }

    @Test
    void roundsStayShortForTheDeadlinesThatRequestsHave() {
        Duration deadline = Duration.ofMillis(100);
        // A few long rounds are a burst.
        assertThat(round(30, Duration.ofMillis(1), deadline)).isEqualTo(30);
        assertThat(round(30, Duration.ofMillis(1), deadline)).isEqualTo(30);
        for (int i = 0; i < 4; i++) {
            round(30, Duration.ofMillis(1), deadline);
        }

        int taken = round(300, Duration.ofMillis(1), deadline);

        assertThat(taken).isBetween(10, 12);
        assertThat(guard.lag()).isLessThan(Duration.ofMillis(20).toNanos());
    }

    @Test
    void aRequestWithMoreTimeIsReadWhereHurriedOnesAreRefused() {
        for (int i = 0; i < 8; i++) {
            round(30, Duration.ofMillis(1), Duration.ofMillis(100));
        }
        assertThat(round(30, Duration.ofMillis(1), Duration.ofSeconds(1))).isEqualTo(30);
        assertThat(round(30, Duration.ofMillis(1))).isEqualTo(30);
    }

    @Test
    void hurriedRequestsAreAllReadAgainWhenRoundsHaveBeenShortForAsLongAsTheyUsuallyHave() {
        Duration deadline = Duration.ofMillis(100);
        for (int i = 0; i < 8; i++) {
            round(30, Duration.ofMillis(1), deadline);
        }
        for (int i = 0; i < 15; i++) {
            assertThat(round(8, Duration.ofMillis(1), deadline)).isEqualTo(8);
        }
        assertThat(round(30, Duration.ofMillis(1), deadline)).isEqualTo(30);
    }

    private Duration left(Duration sent) {
        return Duration.ofNanos(guard.admit(Deadline.after(sent, ticker)).remainingNanos(ticker));
    }

    private void saturate() {
        for (int i = 0; i < 12; i++) {
            round(200, Duration.ofMillis(1));
        }
    }

    /** One round in which so many requests are ready, each of which takes so long unless refused; how many were taken. */
    private int round(int ready, Duration each) {
        return round(ready, each, null);
    }

    /** @param deadline of each request, from when it is seen */
    private int round(int ready, Duration each, @Nullable Duration deadline) {
        int taken = 0;
        for (int i = 0; i < ready; i++) {
            try {
                guard.admit(deadline == null ? Deadline.NONE : Deadline.after(deadline, ticker));
                taken++;
                ticker.advance(each);
            } catch (RefusedException refused) {
                ticker.advance(Duration.ofNanos(20_000));
            }
        }
        assertThat(loop).hasSize(1);
        loop.remove().run();
        return taken;
    }
}
