package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Measurement;
import java.time.Duration;

/** Service levels that several scenarios ask for. */
final class Levels {

    private Levels() {}

    static void share(Lab lab, String at, Measurement run, double share, Duration deadline) {
        lab.report()
                .verdict(
                        run.inTimeShare() >= share,
                        "%sat least %.1f %% answered within %d ms".formatted(at, share * 100, deadline.toMillis()),
                        "%.2f %%, p99 %.1f ms",
                        run.inTimeShare() * 100,
                        run.millis(99));
    }

    static void noErrors(Lab lab, String at, Measurement run) {
        lab.report()
                .verdict(
                        run.counts().failed() == 0,
                        at + "no errors",
                        "%d failed, %d refused, %d expired of %,d",
                        run.counts().failed(),
                        run.counts().refused(),
                        run.counts().expired(),
                        run.counts().sent());
    }
}
