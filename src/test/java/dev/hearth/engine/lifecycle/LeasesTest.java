package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.testing.FakeLoaders;
import dev.hearth.engine.testing.ManualTicker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LeasesTest {

    private final ManualTicker ticker = new ManualTicker();
    private final Leases leases =
            new Leases(v(1), new FakeLoaders().loader(v(1), Path.of("1")).load(), ResourceEstimate.NONE, ticker);
    private final AtomicInteger drained = new AtomicInteger();

    @Test
    void areDrainedAtOnceWhenThereIsNone() {
        leases.quiesce(drained::incrementAndGet);
        assertThat(drained).hasValue(1);
    }

    @Test
    void areDrainedWhenTheLastEnds() {
        ServableHandle first = acquire();
        ServableHandle second = acquire();
        leases.quiesce(drained::incrementAndGet);
        first.close();
        assertThat(drained).hasValue(0);
        second.close();
        assertThat(drained).hasValue(1);
    }

    @Test
    void endOnlyOnceHoweverOftenTheyAreClosed() {
        ServableHandle first = acquire();
        ServableHandle second = acquire();
        first.close();
        first.close();
        leases.quiesce(drained::incrementAndGet);
        assertThat(drained).hasValue(0);
        second.close();
        assertThat(drained).hasValue(1);
    }

    @Test
    void areNotGivenToThoseWhoComeTooLateAndWhoDoNotDrainAgain() {
        ServableHandle lease = acquire();
        leases.quiesce(drained::incrementAndGet);
        assertThat(leases.tryAcquire()).isNull();
        assertThat(drained).hasValue(0);
        lease.close();
        assertThat(leases.tryAcquire()).isNull();
        assertThat(drained).hasValue(1);
    }

    @Test
    void nameTheirHolderWhileTheyAreOpen() {
        ServableHandle lease = acquire();
        ticker.advance(Duration.ofSeconds(3));
        assertThat(leases.open())
                .containsExactly(new OpenLease(v(1), Thread.currentThread().getName(), Duration.ofSeconds(3)));
        lease.close();
        assertThat(leases.open()).isEmpty();
    }

    private ServableHandle acquire() {
        return Objects.requireNonNull(leases.tryAcquire());
    }
}
