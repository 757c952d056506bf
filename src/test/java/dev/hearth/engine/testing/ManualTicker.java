package dev.hearth.engine.testing;

import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Time that moves only when a test moves it. Thread-safe. */
public final class ManualTicker implements Ticker {

    private final AtomicLong now = new AtomicLong(1_000);

    @Override
    public long nanos() {
        return now.get();
    }

    public void advance(Duration by) {
        now.addAndGet(by.toNanos());
    }
}
