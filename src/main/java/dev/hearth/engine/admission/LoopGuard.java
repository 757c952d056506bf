package dev.hearth.engine.admission;

import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.util.concurrent.Executor;

/**
 * Guards requests that are read on an event loop. The queue is the loop itself: in each round it reads what all its
 * connections have ready, one after the other. So what has gone by of a round is how long the next request has waited,
 * and reading may take half of the allowed wait of each round while the loop is saturated; what became ready during one
 * round waits for its end and for the next one.
 *
 * <p>The same time counts against deadlines, which nobody else sees running while requests wait in front of the loop. And
 * where rounds take a fifth of the time that requests usually leave, for as long as that, what comes late in a round is
 * refused: reading it would make the next round longer still, and all that waits for that one late.
 *
 * <p>One for each loop. {@link #admit} belongs to the loop's thread, the rest is thread-safe.
 */
public final class LoopGuard {

    /** Between two rounds that follow each other, polling included. */
    private static final long AT_ONCE = 1_000_000;

    private static final double FOLLOW = 0.01;

    /** Rounds may take this part of the time that requests usually leave. */
    private static final int ROUND_PART = 5;

    /** A request with a deadline is read in this first part of its time only, while rounds take longer than they may. */
    private static final int READ_PART = 10;

    private final ParseLimits limits;
    private final Ticker ticker;
    private final Executor loop;
    private final Saturation saturation;
    private final Saturation hurried;
    private final long half;
    private long usualNanos;
    private boolean sheddingHurried;
    private final Runnable roundEnd = this::ended;
    private long started;
    private long before;
    private boolean inRound;
    private volatile long lag;
    private volatile long lagAt;
    private volatile boolean shedding;
    private volatile long refused;

    /** @param loop runs what it is given at the end of the round */
    public LoopGuard(ParseLimits limits, Ticker ticker, Executor loop) {
        this.limits = limits;
        this.ticker = ticker;
        this.loop = loop;
        this.saturation = new Saturation(limits);
        this.hurried = new Saturation(limits);
        this.half = limits.longestWait().toNanos() / 2;
        this.lagAt = ticker.nanos();
    }

    /**
     * Asks to read a request that is here, now.
     *
     * @return the deadline, earlier by what went by before the request was seen and will until its answer leaves; where
     *     it has passed by itself, the deadline as it is
     * @throws RefusedException RESOURCE_EXHAUSTED, where others have taken the time
     */
    public Deadline admit(Deadline deadline) {
        long now = ticker.nanos();
        if (!inRound) {
            inRound = true;
            started = now;
            // After a pause of the loop the request came while it slept, and has not waited.
            before = now - lagAt < AT_ONCE ? lag : 0;
            loop.execute(roundEnd);
        } else if (shedding && now - started > half) {
            throw refuse(limits.refusal());
        }
        if (deadline.unbounded()) {
            return deadline;
        }
        // Half of a round on the average before it is seen, half of one until the loop turns to its answer.
        Deadline left = deadline.earlier(now - started + before);
        long sentNanos = deadline.atNanos() - now;
        if (sentNanos > 0) {
            usualNanos += usualNanos == 0 ? sentNanos : (long) (FOLLOW * (sentNanos - usualNanos));
            boolean lateInRound = sheddingHurried && now - started > sentNanos / READ_PART;
            if (lateInRound || left.atNanos() - now <= 0) {
                throw refuse(limits.tooLate());
            }
        }
        return left;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the loop writes
    private RefusedException refuse(RefusedException why) {
        refused++;
        return why;
    }

    private void ended() {
        long now = ticker.nanos();
        inRound = false;
        saturation.waited(now - started, now);
        shedding = saturation.saturated(now);
        if (usualNanos > 0) {
            hurried.follow(usualNanos / ROUND_PART, usualNanos);
            hurried.waited(now - started, now);
            sheddingHurried = hurried.saturated(now);
        }
        lag = now - started;
        lagAt = now;
    }

    /** Nanoseconds that the last round took; zero when there has been none for a second. */
    public long lag() {
        return ticker.nanos() - lagAt > 1_000_000_000L ? 0 : lag;
    }

    /** Requests refused so far. */
    public long refused() {
        return refused;
    }
}
