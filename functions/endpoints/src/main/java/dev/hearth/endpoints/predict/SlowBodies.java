package dev.hearth.endpoints.predict;

import dev.hearth.engine.time.Ticker;
import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bodies and messages that are being received, so that clients which send a byte now and then do not hold what was taken
 * for them for ever. A body has a fixed time, and more for every byte that has come: what a slow line takes.
 *
 * <p>Each event loop has a list of its own; taking part costs two links. Everything happens on the loop of the request.
 */
public final class SlowBodies {

    /** Slower than any line that works, on average. */
    private static final long BYTES_A_SECOND = 8 << 10;

    private static final long SWEEP_MILLIS = 500;

    private final long limitNanos;
    private final Ticker ticker;
    private final AtomicLong givenUp = new AtomicLong();
    private final FastThreadLocal<Loop> here = new FastThreadLocal<>() {
        @Override
        protected Loop initialValue() {
            return new Loop();
        }
    };

    /** @param limit time of a body without bytes; zero = none is given up */
    public SlowBodies(Duration limit, Ticker ticker) {
        this.limitNanos = limit.toNanos();
        this.ticker = ticker;
    }

    /** One body on its way; {@link #begin} before its first byte, {@link #end} after its last, or when nobody wants more. */
    public abstract static class Arrival {

        private @Nullable Loop loop;
        private @Nullable Arrival before;
        private @Nullable Arrival after;
        private long begunNanos;

        /** Bytes that have come. */
        protected abstract long received();

        /** It is given up; called once, on its event loop, after which it has ended. */
        protected abstract void tooSlow();

        /** Idempotent. */
        public final void end() {
            if (loop != null) {
                loop.remove(this);
            }
        }
    }

    /** On the event loop of the request; does nothing for what has begun and not ended. */
    public void begin(Arrival arrival) {
        if (limitNanos > 0 && arrival.loop == null) {
            arrival.begunNanos = ticker.nanos();
            here.get().add(arrival);
        }
    }

    /**
     * A wait for bytes of which none has come.
     *
     * @param tooLong told when it is given up
     */
    public static Arrival silence(Runnable tooLong) {
        return new Arrival() {
            @Override
            protected long received() {
                return 0;
            }

            @Override
            protected void tooSlow() {
                tooLong.run();
            }
        };
    }

    /**
     * Begins with a body whose bytes are gathered; on the event loop of the request.
     *
     * @param tooSlow told when it is given up
     */
    public Arrival begin(RequestBytes bytes, Runnable tooSlow) {
        Arrival arrival = new Arrival() {
            @Override
            protected long received() {
                return bytes.length();
            }

            @Override
            protected void tooSlow() {
                tooSlow.run();
            }
        };
        begin(arrival);
        return arrival;
    }

    /** Looks at the bodies of this thread now. */
    void sweepHere() {
        here.get().sweep();
    }

    /** Bodies given up so far. */
    public long givenUp() {
        return givenUp.get();
    }

    private final class Loop {

        private @Nullable Arrival oldest;
        private @Nullable Arrival newest;

        Loop() {
            var context = Vertx.currentContext();
            if (context != null) {
                var unused = context.owner().setPeriodic(SWEEP_MILLIS, timer -> sweep());
            }
        }

        void add(Arrival arrival) {
            arrival.loop = this;
            arrival.before = newest;
            if (newest == null) {
                oldest = arrival;
            } else {
                newest.after = arrival;
            }
            newest = arrival;
        }

        void remove(Arrival arrival) {
            if (arrival.before == null) {
                oldest = arrival.after;
            } else {
                arrival.before.after = arrival.after;
            }
            if (arrival.after == null) {
                newest = arrival.before;
            } else {
                arrival.after.before = arrival.before;
            }
            arrival.loop = null;
            arrival.before = null;
            arrival.after = null;
        }

        private void sweep() {
            long now = ticker.nanos();
            Arrival next = oldest;
            while (next != null && now - next.begunNanos > limitNanos) {
                Arrival arrival = next;
                next = next.after;
                long allowed = limitNanos + arrival.received() * (1_000_000_000L / BYTES_A_SECOND);
                if (now - arrival.begunNanos > allowed) {
                    remove(arrival);
                    givenUp.incrementAndGet();
                    arrival.tooSlow();
                }
            }
        }
    }
}
