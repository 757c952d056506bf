package dev.hearth.endpoints.predict;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the bytes of all bodies that are being read or answered, and counts those of answers on their way. Thread-safe, never
 * waits: what does not fit is refused. A single body is let in whatever its size when there is no other.
 */
public final class InFlightBytes {

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final long limit;
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    public InFlightBytes(long limit) {
        this.limit = limit;
    }

    /**
     * Takes room; give as much back with {@link #release}.
     *
     * @throws RefusedException RESOURCE_EXHAUSTED, with nothing taken
     */
    public void take(long bytes) {
        long now = taken.addAndGet(bytes);
        if (now > limit && now > bytes) {
            taken.addAndGet(-bytes);
            refused.incrementAndGet();
            throw new RefusedException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "Requests being answered hold " + (now - bytes) + " bytes; " + bytes
                            + " more would exceed the limit of " + limit,
                    RETRY);
        }
    }

    /** Counts what is there and can be refused no more; give it back with {@link #release}. */
    void hold(long bytes) {
        taken.addAndGet(bytes);
    }

    public void release(long bytes) {
        taken.addAndGet(-bytes);
    }

    /** Requests refused so far. */
    public long refused() {
        return refused.get();
    }

    /** Bytes taken at the moment. */
    public long taken() {
        return taken.get();
    }
}
