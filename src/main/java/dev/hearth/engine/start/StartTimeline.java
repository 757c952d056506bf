package dev.hearth.engine.start;

import dev.hearth.engine.time.ProcessAge;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * When each phase of a start began and ended. Whoever is at such a moment reports it; of several begins the first counts, of
 * several ends the last one, until {@link #ready()}. After that only the first prediction is still taken.
 *
 * <p>Thread-safe; nothing blocks. Times count from the begin of the process, exact to about 10 ms, which is what Linux
 * tells of it; differences are exact.
 */
public final class StartTimeline {

    /** No phase begins or ends at this value of the clock. */
    private static final long NEVER = Long.MIN_VALUE;

    private static final StartTimeline OF_PROCESS = new StartTimeline(Ticker.system(), ProcessAge::nanos);

    private final Ticker ticker;
    private final long origin;
    private final long created;
    private final AtomicLongArray begins = never();
    private final AtomicLongArray ends = never();
    private volatile long readyAt = NEVER;
    private volatile boolean predicted;
    private volatile Runnable afterFirstAnswer = () -> {};

    /** One phase, as offsets from the begin of the process. */
    public record Span(StartPhase phase, Duration begin, Duration end) {

        public Span {
            if (end.compareTo(begin) < 0) {
                throw new IllegalArgumentException(phase + " ends before it begins: " + begin + ", " + end);
            }
        }

        public Duration length() {
            return end.minus(begin);
        }
    }

    /** @param age nanoseconds since the process began, asked once */
    public StartTimeline(Ticker ticker, LongSupplier age) {
        this.ticker = ticker;
        this.created = ticker.nanos();
        this.origin = created - age.getAsLong();
        begins.set(StartPhase.FRAMEWORK.ordinal(), created);
    }

    /** The one of this process. The first use of the class counts as the begin of our own code, so it comes first there. */
    public static StartTimeline ofProcess() {
        return OF_PROCESS;
    }

    public void begin(StartPhase phase) {
        begins.compareAndSet(phase.ordinal(), NEVER, ticker.nanos());
    }

    public void end(StartPhase phase) {
        if (readyAt == NEVER) {
            ends.set(phase.ordinal(), ticker.nanos());
        }
    }

    /**
     * Tells of what was before our own code: first the process, then the virtual machine.
     *
     * @param nanosAgo when the virtual machine began, counted from now
     */
    public void machineBegan(long nanosAgo) {
        long began = Math.min(created, Math.max(origin, ticker.nanos() - nanosAgo));
        begins.set(StartPhase.PROCESS.ordinal(), origin);
        ends.set(StartPhase.PROCESS.ordinal(), began);
        begins.set(StartPhase.JVM.ordinal(), began);
        ends.set(StartPhase.JVM.ordinal(), created);
    }

    /**
     * The models first configured are served, or some of them have failed.
     *
     * @return whether this call was the first
     */
    public synchronized boolean ready() {
        boolean first = readyAt == NEVER;
        if (first) {
            readyAt = ticker.nanos();
        }
        return first;
    }

    /** Whether {@link #firstAnswer} has been told; cheap enough for every request. */
    public boolean predicted() {
        return predicted;
    }

    public void firstRequest() {
        begin(StartPhase.FIRST_PREDICTION);
    }

    /** The first call counts. */
    public void firstAnswer() {
        if (ends.compareAndSet(StartPhase.FIRST_PREDICTION.ordinal(), NEVER, ticker.nanos())) {
            predicted = true;
            afterFirstAnswer.run();
        }
    }

    /** Runs once after the first answer, on its thread: must not block. */
    public void afterFirstAnswer(Runnable report) {
        afterFirstAnswer = report;
    }

    /** The phases that have both begun and ended, in the order of the enumeration. */
    public List<Span> spans() {
        return Arrays.stream(StartPhase.values())
                .flatMap(phase -> span(phase).stream())
                .toList();
    }

    /** Empty where the phase has not ended, or was not at all. */
    public Optional<Span> span(StartPhase phase) {
        long begin = begins.get(phase.ordinal());
        long end = ends.get(phase.ordinal());
        return begin == NEVER || end == NEVER || end - begin < 0
                ? Optional.empty()
                : Optional.of(new Span(phase, since(begin), since(end)));
    }

    /** The offset of {@link #ready()}; zero before it. */
    public Duration readyAfter() {
        long at = readyAt;
        return at == NEVER ? Duration.ZERO : since(at);
    }

    /** The phases in one line, in seconds since the process began: {@code jvm 0.02-0.11, natives 0.12-0.31}. */
    public String line() {
        return spans().stream()
                .map(span -> String.format(
                        Locale.ROOT, "%s %s-%s", span.phase().text(), seconds(span.begin()), seconds(span.end())))
                .collect(Collectors.joining(", "));
    }

    /** Two digits behind the point: as much as the begin of the process is known to. */
    public static String seconds(Duration offset) {
        return String.format(Locale.ROOT, "%.2f", offset.toNanos() / 1e9);
    }

    private Duration since(long nanos) {
        return Duration.ofNanos(Math.max(0, nanos - origin));
    }

    private static AtomicLongArray never() {
        AtomicLongArray array = new AtomicLongArray(StartPhase.values().length);
        for (int i = 0; i < array.length(); i++) {
            array.set(i, NEVER);
        }
        return array;
    }
}
