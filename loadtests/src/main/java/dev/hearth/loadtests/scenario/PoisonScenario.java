package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Call;
import dev.hearth.loadtests.drive.Calls;
import dev.hearth.loadtests.drive.Counts;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * One request in a thousand has a row that fails the run it is in, and one in a thousand a shape the model does not
 * take; every other request must be answered, whatever batch it was put into.
 */
public final class PoisonScenario implements Scenario {

    private static final String GOOD = "good";
    private static final String ROW = "bad row";
    private static final String SHAPE = "bad shape";

    @Override
    public String name() {
        return "poison";
    }

    @Override
    public String line() {
        return "one request in 1000 fails the batch it is in: only that one may fail";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Protocol protocol = lab.protocol();
        Subject subject = Subject.PICKY;
        try (RunningServer server = lab.hearth(lab.store(subject), List.of())) {
            Mix mix = new Mix()
                    .add(GOOD, subject.call(protocol, new float[] {1}, 1), 998)
                    .add(ROW, subject.call(protocol, new float[] {-1}, 1), 1)
                    .add(SHAPE, badShape(protocol, subject), 1);
            double rate = lab.capacity(server, protocol, subject, 64) * 0.5;
            lab.warmOpen(server, subject.toString(), protocol, mix, rate);
            Measurement open = lab.open(server, protocol, mix, Arrivals.poisson(rate, 11), rate, lab.times(2, 20));
            judge(lab, "Poisson, 50 %", open);
            // A full queue makes batches, whatever the policy is.
            judge(lab, "64 users", lab.closed(server, protocol, mix, 64, lab.times(2, 10)));
        }
        BatchingSetup fixed = BatchingSetup.fixed(lab, lab.store(subject), new BatchingSetup.Fixed(32, 1000, 2));
        try (RunningServer server = lab.hearth(fixed.store(), fixed.flags())) {
            Mix mix = new Mix()
                    .add(GOOD, subject.call(protocol, new float[] {1}, 1), 998)
                    .add(ROW, subject.call(protocol, new float[] {-1}, 1), 1)
                    .add(SHAPE, badShape(protocol, subject), 1);
            judge(lab, "64 users, " + fixed.name(), lab.closed(server, protocol, mix, 64, lab.times(2, 10)));
        }
    }

    private static Call badShape(Protocol protocol, Subject subject) {
        return Calls.predict(
                protocol, subject.name(), subject.signature(), subject.input(), new int[] {1, 2}, new float[] {1, 1});
    }

    private static void judge(Lab lab, String at, Measurement run) {
        lab.report().run("one in 1000", at, run);
        Counts good = Objects.requireNonNull(run.kinds().get(GOOD));
        lab.report()
                .verdict(
                        good.failed() + good.expired() + good.refused() == 0,
                        at + ": no good request fails",
                        "%,d of %,d",
                        good.failed() + good.expired() + good.refused(),
                        good.sent());
        Counts row = Objects.requireNonNull(run.kinds().get(ROW));
        Counts shape = Objects.requireNonNull(run.kinds().get(SHAPE));
        lab.report()
                .verdict(
                        row.ok() + shape.ok() == 0 && row.sent() + shape.sent() > 0,
                        at + ": every bad request fails",
                        "%d rows and %d shapes, %d answered",
                        row.sent(),
                        shape.sent(),
                        row.ok() + shape.ok());
    }
}
