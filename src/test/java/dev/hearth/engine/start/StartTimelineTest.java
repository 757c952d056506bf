package dev.hearth.engine.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.start.StartTimeline.Span;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StartTimelineTest {

    private final AtomicLong now = new AtomicLong(1_000_000_000);
    private final StartTimeline start = new StartTimeline(now::get, () -> 80_000_000);

    @Test
    void countsFromTheBeginOfTheProcess() {
        passes(20);
        start.end(StartPhase.FRAMEWORK);

        assertThat(start.spans()).containsExactly(span(StartPhase.FRAMEWORK, 80, 100));
    }

    @Test
    void ofSeveralLoadsTheFirstBeginAndTheLastEndCount() {
        start.begin(StartPhase.MODELS);
        passes(10);
        start.begin(StartPhase.MODELS);
        start.end(StartPhase.MODELS);
        passes(5);
        start.end(StartPhase.MODELS);
        assertThat(start.ready()).isTrue();
        passes(60_000);
        start.begin(StartPhase.MODELS);
        start.end(StartPhase.MODELS);

        assertThat(start.span(StartPhase.MODELS)).contains(span(StartPhase.MODELS, 80, 95));
        assertThat(start.ready()).isFalse();
        assertThat(start.readyAfter()).hasMillis(95);
    }

    @Test
    void dividesTheTimeBeforeOurCodeBetweenProcessAndMachine() {
        passes(120);
        start.machineBegan(Duration.ofMillis(190).toNanos());

        assertThat(start.spans()).containsExactly(span(StartPhase.PROCESS, 0, 10), span(StartPhase.JVM, 10, 80));
    }

    @Test
    void aMachineOlderThanItsProcessIsARoundedClock() {
        start.machineBegan(Duration.ofMillis(83).toNanos());

        assertThat(start.spans()).containsExactly(span(StartPhase.PROCESS, 0, 0), span(StartPhase.JVM, 0, 80));
    }

    @Test
    void theFirstAnswerIsToldOnce() {
        AtomicInteger told = new AtomicInteger();
        start.afterFirstAnswer(told::incrementAndGet);
        start.firstRequest();
        passes(3);
        start.firstAnswer();
        passes(3);
        start.firstRequest();
        start.firstAnswer();

        assertThat(told).hasValue(1);
        assertThat(start.predicted()).isTrue();
        assertThat(start.span(StartPhase.FIRST_PREDICTION)).contains(span(StartPhase.FIRST_PREDICTION, 80, 83));
    }

    @Test
    void phasesAreOneLine() {
        passes(1_020);
        start.end(StartPhase.FRAMEWORK);
        start.machineBegan(Duration.ofMillis(1_080).toNanos());

        assertThat(start.line()).isEqualTo("process 0.00-0.02, jvm 0.02-0.08, framework 0.08-1.10");
    }

    private void passes(long millis) {
        now.addAndGet(millis * 1_000_000);
    }

    private static Span span(StartPhase phase, long begin, long end) {
        return new Span(phase, Duration.ofMillis(begin), Duration.ofMillis(end));
    }
}
