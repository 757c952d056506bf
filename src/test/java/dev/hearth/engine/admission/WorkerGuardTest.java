package dev.hearth.engine.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.testing.ManualTicker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A guard before workers that take a while for each body, in steps of a tenth of a millisecond. */
class WorkerGuardTest {

    private static final ParseLimits LIMITS = new ParseLimits(Duration.ofMillis(100), Duration.ofSeconds(2));

    private static final int WORKERS = 2;
    private static final Duration STEP = Duration.ofNanos(100_000);
    private static final long SECOND = 10_000;

    private final ManualTicker ticker = new ManualTicker();
    private final WorkerGuard guard = new WorkerGuard(LIMITS, ticker, WORKERS);
    private final Queue<Body> waiting = new ArrayDeque<>();
    private final List<Body> reading = new ArrayList<>();
    private final List<Long> waits = new ArrayList<>();
    private long step;

    @Test
    void refusesNothingAtHalfLoad() {
        // One body in 2 ms where two workers take 2 ms each: half of what they can.
        run(60 * SECOND, 20, 20);
        assertThat(guard.refused()).isZero();
    }

    @Test
    void refusesNothingAtNineTenthsInBurstsOfAThousand() {
        for (int i = 0; i < 20; i++) {
            for (int j = 0; j < 1000; j++) {
                arrive(20);
            }
            run((long) (SECOND / 0.9), 0, 0);
        }
        assertThat(guard.refused()).isZero();
    }

    @Test
    void boundsTheWaitOfAcceptedBodiesAtTwiceTheLoadAndKeepsAllWorkersBusy() {
        run(10 * SECOND, 5, 20);
        waits.clear();
        run(30 * SECOND, 5, 20);
        // Two workers, 2 ms each, 30 seconds.
        assertThat(waits).hasSizeBetween(29_900, 30_010);
        assertThat(percentile(50)).isBetween(70L * 10, 110L * 10);
        assertThat(percentile(99)).isLessThanOrEqualTo(130 * 10);
        assertThat(guard.limit()).isBetween(50, 120);
    }

    @Test
    void boundsTheWaitWhateverTheLength() {
        run(30 * SECOND, 100, 1000);
        waits.clear();
        run(60 * SECOND, 100, 1000);
        // Each takes as long as the wait that is allowed: about one may wait for each worker.
        assertThat(percentile(99)).isLessThanOrEqualTo(200 * 10);
        assertThat(waits).hasSizeBetween(1190, 1210);
    }

    @Test
    void takesAllAgainWhenTheLoadHasFallen() {
        run(10 * SECOND, 5, 20);
        run(5 * SECOND, 40, 20);
        long before = guard.refused();
        assertThat(before).isPositive();
        for (int i = 0; i < 1000; i++) {
            arrive(20);
        }
        assertThat(guard.refused()).isEqualTo(before);
    }

    @Test
    void refusesNothingWhenSwitchedOff() {
        WorkerGuard open = new WorkerGuard(new ParseLimits(Duration.ZERO, Duration.ZERO), ticker, WORKERS);
        for (int i = 0; i < 10_000; i++) {
            Permit permit = open.admit();
            ticker.advance(Duration.ofSeconds(1));
            permit.begin();
        }
        assertThat(open.inFlight()).isEqualTo(10_000);
        assertThat(open.refused()).isZero();
    }

    /** Runs so many steps, with a body every few (none where 0) that takes a worker so many. */
    private void run(long steps, int every, int each) {
        for (long i = 0; i < steps; i++) {
            if (every > 0 && i % every == 0) {
                arrive(each);
            }
            reading.removeIf(body -> {
                body.left--;
                if (body.left == 0) {
                    body.permit.close();
                }
                return body.left == 0;
            });
            while (reading.size() < WORKERS && !waiting.isEmpty()) {
                Body body = waiting.remove();
                body.permit.begin();
                waits.add(step - body.came);
                reading.add(body);
            }
            ticker.advance(STEP);
            step++;
        }
    }

    private void arrive(int each) {
        try {
            waiting.add(new Body(guard.admit(), step, each));
        } catch (RefusedException refused) {
            assertThat(guard.inFlight()).isEqualTo(waiting.size() + reading.size());
        }
    }

    private long percentile(int percent) {
        long[] sorted = waits.stream().flatMapToLong(LongStream::of).sorted().toArray();
        return sorted[sorted.length * percent / 100];
    }

    private static final class Body {

        private final Permit permit;
        private final long came;
        private int left;

        Body(Permit permit, long came, int left) {
            this.permit = permit;
            this.came = came;
            this.left = left;
        }
    }
}
