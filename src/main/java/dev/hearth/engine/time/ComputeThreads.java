package dev.hearth.engine.time;

/**
 * Threads that run models, or start the runtime's own, which inherit their place: they give way to event loops.
 *
 * <p>Where a model runs on the cores that also read and answer, a loop that has to wait its turn among them lets requests
 * queue where nobody sees their deadlines. Two steps of Linux' nice value, a third less of a contended core, are enough
 * to keep refusals fast; with four the loops take so much more that a third of the answers is lost (docs/performance.md).
 * Without contention nothing changes. The virtual machine heeds it where the launchers ask for
 * {@code -XX:ThreadPriorityPolicy=1}; elsewhere these are ordinary threads.
 */
public final class ComputeThreads {

    /** Java's name for a nice value of 2. */
    private static final int BELOW_LOOPS = Thread.NORM_PRIORITY - 2;

    /** Java's name for a nice value of 4; the launchers make it 10. */
    private static final int BELOW_ALL = Thread.MIN_PRIORITY;

    private ComputeThreads() {}

    /** A daemon, not started. */
    public static Thread of(Runnable work, String name) {
        return at(BELOW_LOOPS, work, name);
    }

    /**
     * A daemon, not started, for work that no request waits for: where cores are full it gets a tenth of what one that answers
     * gets. Threads that it starts stay as low, and only root could raise them.
     */
    public static Thread givingWay(Runnable work, String name) {
        return at(BELOW_ALL, work, name);
    }

    @SuppressWarnings("ThreadPriorityCheck") // nothing is right or wrong by it, only sooner or later
    private static Thread at(int priority, Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.setPriority(priority);
        return thread;
    }
}
