package dev.hearth.loadtests.drive;

import dev.hearth.loadtests.server.Usage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One run against one server: a warm-up whose answers are not counted, then the measured time, then a while for what is
 * still on its way. What has no answer by then has failed. Subclasses say when a request is sent; all of it happens on
 * the client's event loop.
 */
public abstract class Load {

    private static final Duration GRACE = Duration.ofSeconds(20);

    private static final long REST_CHECK_NANOS = 5_000_000;

    private final Client client;
    private final Mix mix;
    private final Counts[] counts;
    private final long warmupNanos;
    private final long measureNanos;
    private final long deadlineNanos;
    private final long serverPid;
    private final CompletableFuture<Measurement> done = new CompletableFuture<>();
    private final Histogram driverLate = new Histogram(120_000_000, 3);
    private @Nullable Timeline timeline;
    private Usage.@Nullable Mark mark;
    private @Nullable Usage usage;
    private long measureFrom;
    private long measureTo;
    private long outstanding;
    private long completed;
    private long completedInTime;
    private boolean stopped;

    Load(Client client, Mix mix, long serverPid, LoadTimes times) {
        this.client = client;
        this.mix = mix;
        this.serverPid = serverPid;
        this.warmupNanos = times.warmup().toNanos();
        this.measureNanos = times.measure().toNanos();
        this.deadlineNanos = times.deadline().toNanos();
        this.counts = new Counts[mix.kinds().size()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new Counts();
        }
    }

    /** Also writes latencies into a time line, whose zero is the start of the measured time. */
    public Load into(Timeline line) {
        timeline = line;
        return this;
    }

    /** Runs it and waits. */
    public Measurement run() throws InterruptedException {
        Later.run(client.loop(), 0, this::begin);
        try {
            return done.get(warmupNanos + measureNanos + GRACE.toNanos() * 3, TimeUnit.NANOSECONDS);
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new IllegalStateException("the load generator broke", e);
        }
    }

    private void begin() {
        long now = System.nanoTime();
        measureFrom = now + warmupNanos;
        measureTo = measureFrom + measureNanos;
        Later.run(client.loop(), warmupNanos, this::beginMeasuring);
        Later.run(client.loop(), warmupNanos + measureNanos, this::endMeasuring);
        start(now, measureTo);
    }

    private void beginMeasuring() {
        mark = Usage.mark(serverPid);
    }

    private void endMeasuring() {
        if (mark != null) {
            usage = mark.until();
        }
        stopped = true;
        awaitRest(System.nanoTime() + GRACE.toNanos());
    }

    private void awaitRest(long until) {
        if (outstanding > 0 && System.nanoTime() < until) {
            Later.run(client.loop(), REST_CHECK_NANOS, () -> awaitRest(until));
            return;
        }
        Counts all = new Counts();
        Map<String, Counts> kinds = new LinkedHashMap<>();
        // A request without an answer has no kind any more; it fails the run all the same.
        for (long i = 0; i < outstanding; i++) {
            counts[0].add(Outcome.FAILED, "no answer", GRACE.toNanos(), deadlineNanos);
        }
        for (int i = 0; i < counts.length; i++) {
            all.add(counts[i]);
            kinds.put(mix.kinds().get(i), counts[i]);
        }
        double seconds = measureNanos / 1e9;
        double offered = offered();
        Usage used = usage == null ? Usage.NONE : usage;
        done.complete(new Measurement(
                Double.isNaN(offered) ? all.sent() / seconds : offered,
                seconds,
                completed,
                completedInTime,
                all,
                kinds,
                driverLate,
                used));
    }

    /** Requests a second that the plan asks for, NaN where there is no plan. */
    abstract double offered();

    /** Starts to send, until {@code end}. */
    abstract void start(long begin, long end);

    /** Hears that a request of this run was answered. */
    abstract void answered(Outcome outcome);

    final Client client() {
        return client;
    }

    final boolean stopped() {
        return stopped;
    }

    final long outstanding() {
        return outstanding;
    }

    /** Sends the next request of the mix, which was meant to be sent at {@code intended}. */
    final void send(long intended) {
        outstanding++;
        Call call = mix.next();
        int kind = mix.kind();
        long now = System.nanoTime();
        long left = deadlineNanos == 0 ? 0 : Math.max(1000, intended + deadlineNanos - now);
        if (intended >= measureFrom && intended < measureTo) {
            driverLate.recordValue(Math.min(120_000_000, Math.max(0, now - intended) / 1000));
        }
        client.send(call, left, (outcome, why) -> note(kind, intended, outcome, why));
    }

    /** Counts a request as failed without sending it. */
    final void skip(long intended, String why) {
        outstanding++;
        mix.next();
        note(mix.kind(), intended, Outcome.FAILED, why);
    }

    private void note(int kind, long intended, Outcome outcome, String why) {
        outstanding--;
        long now = System.nanoTime();
        long latency = now - intended;
        if (outcome == Outcome.OK && now >= measureFrom && now < measureTo) {
            completed++;
            if (deadlineNanos == 0 || latency <= deadlineNanos) {
                completedInTime++;
            }
        }
        if (intended >= measureFrom && intended < measureTo) {
            counts[kind].add(outcome, why, latency, deadlineNanos);
            if (timeline != null) {
                timeline.add(intended - measureFrom, latency);
            }
        }
        answered(outcome);
    }
}
