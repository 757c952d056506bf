package dev.hearth.endpoints.access;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;

/**
 * What one client takes at the moment. Thread-safe, never waits: what does not fit is refused. Its lock is held for a few
 * instructions, and only requests of the same client meet there.
 */
public final class ClientUse {

    private static final double NANOS = 1e9;

    private static final Duration RETRY = Duration.ofMillis(250);

    private final ClientLimits limits;
    private final Ticker ticker;
    private double tokens;
    private long filledNanos;
    private int inFlight;
    private long bytes;

    ClientUse(ClientLimits limits, Ticker ticker) {
        this.limits = limits;
        this.ticker = ticker;
        this.tokens = burst();
        this.filledNanos = ticker.nanos();
    }

    /** A slow rate lets single requests in nevertheless. */
    private double burst() {
        return Math.max(1, limits.rate());
    }

    /**
     * A request begins; {@link #end} must follow.
     *
     * @throws RefusedException RESOURCE_EXHAUSTED, with nothing taken
     */
    synchronized void begin(long announcedBytes) {
        if (limits.inFlight() > 0 && inFlight >= limits.inFlight()) {
            throw refused("has " + limits.inFlight() + " requests in flight, which is its limit", RETRY);
        }
        if (limits.rate() > 0) {
            refill();
            if (tokens < 1) {
                throw refused("sends more than its " + limits.rate() + " requests a second", Duration.ofNanos((long)
                        ((1 - tokens) / limits.rate() * NANOS)));
            }
        }
        takeBytes(announcedBytes);
        tokens--;
        inFlight++;
    }

    private void refill() {
        long now = ticker.nanos();
        tokens = Math.min(burst(), tokens + (now - filledNanos) / NANOS * limits.rate());
        filledNanos = now;
    }

    /** The request has been answered or given up; gives back what was announced. */
    synchronized void end(long announcedBytes) {
        inFlight--;
        bytes -= announcedBytes;
    }

    /**
     * More of a body has come than was announced.
     *
     * @throws RefusedException RESOURCE_EXHAUSTED, with nothing taken
     */
    public void takeBytes(long more) {
        takeBytes(more, 0);
    }

    /**
     * The same for a body that comes in pieces.
     *
     * @param own what has been taken for this body
     * @throws RefusedException RESOURCE_EXHAUSTED, with nothing taken
     */
    public synchronized void takeBytes(long more, long own) {
        // One body is let in whatever its size, as everywhere: other limits are for that.
        if (limits.bytes() > 0 && bytes > own && bytes + more > limits.bytes()) {
            throw refused("has " + bytes + " bytes in flight; its limit is " + limits.bytes(), RETRY);
        }
        bytes += more;
    }

    public synchronized void releaseBytes(long count) {
        bytes -= count;
    }

    /** Whether forgetting it would change nothing. */
    synchronized boolean idle() {
        refill();
        return inFlight == 0 && bytes == 0 && (limits.rate() <= 0 || tokens >= burst());
    }

    private static RefusedException refused(String what, Duration retry) {
        return new RefusedException(ErrorCode.RESOURCE_EXHAUSTED, "This client " + what, retry);
    }
}
