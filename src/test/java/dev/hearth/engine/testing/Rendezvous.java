package dev.hearth.engine.testing;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A point where a thread under test stops until the test lets it go on. Every wait fails after a minute instead of
 * hanging the build.
 */
public final class Rendezvous {

    private static final long LIMIT_SECONDS = 60;

    private final CountDownLatch arrived = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    /** For the thread under test: says that it is there and waits for {@link #release()}. */
    public void arriveAndWait() {
        arrived.countDown();
        await(released, "nobody released the thread");
    }

    /** For the test: waits until a thread has arrived. */
    public void awaitArrival() {
        await(arrived, "no thread arrived");
    }

    /** For the test: lets every thread go on, now and later. */
    public void release() {
        released.countDown();
    }

    public boolean hasArrived() {
        return arrived.getCount() == 0;
    }

    private static void await(CountDownLatch latch, String complaint) {
        try {
            if (!latch.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError(complaint + " within " + LIMIT_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + complaint, e);
        }
    }
}
