package dev.hearth.engine.time;

/** A monotonic clock in nanoseconds. Values have no origin: compare them by difference only. */
@FunctionalInterface
public interface Ticker {

    long nanos();

    /** The process's monotonic clock. */
    static Ticker system() {
        return System::nanoTime;
    }
}
