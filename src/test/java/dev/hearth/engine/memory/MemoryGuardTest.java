package dev.hearth.engine.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoryGuardTest {

    private final ManualTicker ticker = new ManualTicker();
    private final ManualDelayScheduler scheduler = new ManualDelayScheduler(ticker);
    private final AtomicLong held = new AtomicLong(10);
    private final AtomicInteger reliefs = new AtomicInteger();
    private final MemoryGuard guard =
            new MemoryGuard(100, 0.9, () -> OptionalLong.of(held.get()), reliefs::incrementAndGet, scheduler, ticker);

    @Test
    void letsRequestsInWhileThereIsMemory() {
        held.set(89);
        scheduler.advance(MemoryGuard.PERIOD);

        assertThat(guard.refusal()).isNull();
        assertThat(reliefs).hasValue(0);
        assertThat(guard.held()).isEqualTo(89);
    }

    @Test
    void refusesWithTheNumbersWhenNearlyAllIsHeld() {
        held.set(90);
        scheduler.advance(MemoryGuard.PERIOD);

        RefusedException refusal = guard.refusal();
        assertThat(refusal)
                .isNotNull()
                .hasMessage("The process holds 90 of the 100 bytes of memory it may; from 90 on requests are refused");
        assertThat(refusal.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(guard.refused()).isEqualTo(1);
        assertThat(reliefs).hasValue(1);
    }

    @Test
    void takesRequestsAgainWhenMemoryIsBack() {
        held.set(95);
        scheduler.advance(MemoryGuard.PERIOD);
        held.set(50);
        scheduler.advance(MemoryGuard.PERIOD);

        assertThat(guard.refusal()).isNull();
    }

    @Test
    void letsARequestInNowAndThenSinceOtherwiseNothingWouldChange() {
        held.set(95);
        scheduler.advance(MemoryGuard.PERIOD);
        assertThat(guard.refusal()).isNotNull();

        ticker.advance(MemoryGuard.TRICKLE);

        assertThat(guard.refusal()).isNull();
        assertThat(guard.refusal()).isNotNull();
    }

    @Test
    void looksNoMoreWhenClosed() {
        guard.close();
        held.set(99);
        scheduler.advance(MemoryGuard.PERIOD.multipliedBy(4));

        assertThat(guard.refusal()).isNull();
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void neverRefusesWhereItIsOff() {
        MemoryGuard off =
                new MemoryGuard(100, 0, () -> OptionalLong.of(99), reliefs::incrementAndGet, scheduler, ticker);

        assertThat(off.refusal()).isNull();
        assertThat(off.refuseFrom()).isEqualTo(Long.MAX_VALUE);
    }
}
