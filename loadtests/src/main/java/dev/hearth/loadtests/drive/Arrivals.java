package dev.hearth.loadtests.drive;

import java.time.Duration;
import java.util.SplittableRandom;

/** When requests are meant to be sent: a stream of gaps in nanoseconds, the same for the same seed. */
@FunctionalInterface
public interface Arrivals {

    long nextGap();

    /** Independent users: exponential gaps. */
    static Arrivals poisson(double perSecond, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return () -> exponential(random, perSecond);
    }

    /**
     * Users in waves: Poisson arrivals whose rate changes between 0.4 and 2.2 times the mean. The two states last
     * exponential times, the calm one twice as long, so that the mean is {@code perSecond}.
     *
     * @param wave mean length of a calm and a busy state together
     */
    static Arrivals bursty(double perSecond, Duration wave, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new Arrivals() {
            private boolean busy;
            private double left = stay();

            private double stay() {
                return exponential(random, 1e9 / wave.toNanos() * (busy ? 3 : 1.5));
            }

            @Override
            public long nextGap() {
                double gap = 0;
                while (true) {
                    double next = exponential(random, perSecond * (busy ? 2.2 : 0.4));
                    if (next <= left) {
                        left -= next;
                        return (long) (gap + next);
                    }
                    // Exponential gaps have no memory: what is left of this one is drawn anew in the other state.
                    gap += left;
                    busy = !busy;
                    left = stay();
                }
            }
        };
    }

    private static long exponential(SplittableRandom random, double perSecond) {
        return (long) (-Math.log(1 - random.nextDouble()) / perSecond * 1e9);
    }
}
