package dev.hearth.engine.admission;

/**
 * Whether a queue is full for good, and not only for the moment: after waits longer than the bound during all of the
 * patience, until waits shorter than half of it during all of the patience.
 *
 * <p>A wait that is long once is a burst, a pause of the virtual machine or its warm-up; the queue takes it in. After
 * CoDel ("Controlling Queue Delay", Nichols and Jacobson 2012), with the patience in the place of its interval.
 *
 * <p>Not thread-safe.
 */
final class Saturation {

    private long bound;
    private long patience;
    private boolean rising;
    private long risingSince;
    private boolean saturated;
    private long lastHigh;
    private long lastSeen;

    Saturation(ParseLimits limits) {
        follow(limits.longestWait().toNanos(), limits.patience().toNanos());
    }

    /** From now on with these. */
    void follow(long newBound, long newPatience) {
        bound = newBound;
        patience = newPatience;
    }

    /** Something has waited so long, until now. */
    void waited(long nanos, long now) {
        if (now - nanos - lastSeen > bound) {
            // Nothing waited in between.
            rising = false;
        }
        lastSeen = now;
        if (nanos > bound / 2) {
            lastHigh = now;
        }
        if (nanos <= bound) {
            rising = false;
        } else if (!rising) {
            rising = true;
            risingSince = now;
        } else if (now - risingSince >= patience) {
            saturated = true;
        }
    }

    boolean saturated(long now) {
        if (saturated && now - lastHigh > patience) {
            saturated = false;
        }
        return saturated;
    }
}
