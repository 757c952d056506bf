package dev.hearth.endpoints.predict;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SlowBodiesTest {

    private final AtomicLong now = new AtomicLong();
    private final SlowBodies slow = new SlowBodies(Duration.ofSeconds(10), now::get);
    private final List<String> givenUp = new ArrayList<>();

    private final class Body extends SlowBodies.Arrival {
        private final String name;
        private long bytes;

        Body(String name) {
            this.name = name;
            slow.begin(this);
        }

        @Override
        protected long received() {
            return bytes;
        }

        @Override
        protected void tooSlow() {
            givenUp.add(name);
        }
    }

    private void after(long seconds) {
        now.addAndGet(Duration.ofSeconds(seconds).toNanos());
        slow.sweepHere();
    }

    @Test
    void givesUpWhatHasNotComeInTimeAndNothingElse() {
        Body first = new Body("first");
        Body second = new Body("second");
        after(9);
        Body third = new Body("third");
        second.end();
        after(2);
        assertThat(givenUp).containsExactly("first");
        after(9);
        assertThat(givenUp).containsExactly("first", "third");
        first.end();
        third.end();
        assertThat(slow.givenUp()).isEqualTo(2);
    }

    @Test
    void bytesThatComeGiveMoreTime() {
        Body body = new Body("large");
        body.bytes = 100 * 8192;
        after(100);
        assertThat(givenUp).isEmpty();
        after(20);
        assertThat(givenUp).containsExactly("large");
    }

    @Test
    void endsInAnyOrder() {
        List<Body> bodies = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            bodies.add(new Body("" + i));
        }
        bodies.get(2).end();
        bodies.get(0).end();
        bodies.get(4).end();
        bodies.get(2).end();
        after(11);
        assertThat(givenUp).containsExactly("1", "3");
    }

    @Test
    void withoutALimitNothingIsGivenUp() {
        SlowBodies patient = new SlowBodies(Duration.ZERO, now::get);
        patient.begin(new Body("other"));
        givenUp.clear();
        now.addAndGet(Duration.ofDays(1).toNanos());
        patient.sweepHere();
        assertThat(givenUp).isEmpty();
    }
}
