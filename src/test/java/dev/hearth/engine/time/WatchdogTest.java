package dev.hearth.engine.time;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WatchdogTest {

    private static final Duration GRACE = Duration.ofSeconds(10);

    private final ManualTicker ticker = new ManualTicker();
    private final ManualDelayScheduler scheduler = new ManualDelayScheduler(ticker);
    private final Watchdog dog = new Watchdog(GRACE, Duration.ofMinutes(10), scheduler, ticker);
    private final Watchdog.Watch watch = dog.watch();
    private final AtomicInteger barks = new AtomicInteger();

    private Deadline in(int seconds) {
        return Deadline.after(Duration.ofSeconds(seconds), ticker);
    }

    @Test
    void barksOnceWhenWorkIsOverdueByItsGrace() {
        watch.begin(in(5), barks::incrementAndGet);

        scheduler.advance(Duration.ofSeconds(14));
        assertThat(barks).hasValue(0);
        scheduler.advance(Duration.ofSeconds(30));

        assertThat(barks).hasValue(1);
        assertThat(watch.end()).isFalse();
    }

    @Test
    void saysNothingOfWorkThatHasComeBack() {
        watch.begin(in(5), barks::incrementAndGet);
        assertThat(watch.end()).isTrue();

        scheduler.advance(Duration.ofMinutes(30));

        assertThat(barks).hasValue(0);
    }

    @Test
    void looksAtTheWorkOfNowOnly() {
        watch.begin(in(5), barks::incrementAndGet);
        scheduler.advance(Duration.ofSeconds(14));
        assertThat(watch.end()).isTrue();
        watch.begin(in(5), barks::incrementAndGet);

        scheduler.advance(Duration.ofSeconds(14));

        assertThat(barks).hasValue(0);
        assertThat(watch.end()).isTrue();
    }

    @Test
    void givesWorkWithoutADeadlineMoreTime() {
        watch.begin(Deadline.NONE, barks::incrementAndGet);

        scheduler.advance(Duration.ofMinutes(9));
        assertThat(barks).hasValue(0);
        scheduler.advance(Duration.ofMinutes(2));

        assertThat(barks).hasValue(1);
    }

    @Test
    void looksNoMoreAtAThreadThatHasEnded() {
        watch.begin(in(5), barks::incrementAndGet);
        watch.close();

        scheduler.advance(Duration.ofMinutes(30));

        assertThat(barks).hasValue(0);
    }

    @Test
    void neverBarksWhereThereIsNone() {
        Watchdog.Watch none = Watchdog.NONE.watch();
        none.begin(in(0), barks::incrementAndGet);

        assertThat(none.end()).isTrue();
        assertThat(Watchdog.NONE.enabled()).isFalse();
    }
}
