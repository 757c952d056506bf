package dev.hearth.engine.memory;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests while the process holds nearly all the memory it may: an answer that is refused can be asked for
 * elsewhere, a process that is killed takes every request with it.
 *
 * <p>It looks twice a second. While too much is held, a request now and then is let in, since otherwise nothing would ever
 * change where memory is only given back by work; and relief is asked for. Thread-safe, never blocks.
 */
public final class MemoryGuard implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(MemoryGuard.class);

    static final Duration PERIOD = Duration.ofMillis(500);

    /** One request in so long is let in while too much is held. */
    static final Duration TRICKLE = Duration.ofMillis(250);

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final long limit;
    private final long refuseFrom;
    private final Supplier<OptionalLong> held;
    private final Runnable relief;
    private final DelayScheduler scheduler;
    private final Ticker ticker;
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong letInAt = new AtomicLong();
    private volatile long lastHeld;
    private volatile @Nullable RefusedException refusal;
    private volatile boolean closed;

    /**
     * Begins to look.
     *
     * @param share of the limit from which requests are refused; 0 for never
     * @param held bytes held now; read on the scheduler's thread
     * @param relief called, there, each time that too much is found to be held
     */
    public MemoryGuard(
            long limit,
            double share,
            Supplier<OptionalLong> held,
            Runnable relief,
            DelayScheduler scheduler,
            Ticker ticker) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("a share of the memory from which requests are refused of " + share);
        }
        this.limit = limit;
        this.refuseFrom = share == 0 ? Long.MAX_VALUE : (long) (limit * share);
        this.held = held;
        this.relief = relief;
        this.scheduler = scheduler;
        this.ticker = ticker;
        if (share > 0) {
            look();
        }
    }

    private void look() {
        OptionalLong now = held.get();
        if (closed || now.isEmpty()) {
            return;
        }
        lastHeld = now.getAsLong();
        boolean before = refusal != null;
        if (lastHeld < refuseFrom) {
            refusal = null;
            if (before) {
                LOG.infof("The process holds %d of %d bytes of memory: requests are taken again", lastHeld, limit);
            }
        } else {
            String text = "The process holds " + lastHeld + " of the " + limit + " bytes of memory it may; from "
                    + refuseFrom + " on requests are refused";
            if (!before) {
                letInAt.set(ticker.nanos());
                LOG.warn(text);
            }
            refusal = new RefusedException(ErrorCode.RESOURCE_EXHAUSTED, text, RETRY_AFTER);
            relief.run();
        }
        var unused = scheduler.schedule(this::look, PERIOD);
    }

    /** Why a request that comes now is refused; null when it is let in. */
    public @Nullable RefusedException refusal() {
        RefusedException why = refusal;
        if (why == null) {
            return null;
        }
        long now = ticker.nanos();
        long last = letInAt.get();
        if (now - last >= TRICKLE.toNanos() && letInAt.compareAndSet(last, now)) {
            return null;
        }
        refused.incrementAndGet();
        return why;
    }

    /** Requests refused so far. */
    public long refused() {
        return refused.get();
    }

    /** Bytes held when last looked; 0 before, and where the system does not tell. */
    public long held() {
        return lastHeld;
    }

    /** Bytes from which requests are refused; {@link Long#MAX_VALUE} for never. */
    public long refuseFrom() {
        return refuseFrom;
    }

    /** Looks no more. */
    @Override
    public void close() {
        closed = true;
    }
}
