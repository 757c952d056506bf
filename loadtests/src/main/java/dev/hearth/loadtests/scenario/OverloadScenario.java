package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Plot;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** More than the server can do, with a deadline: it answers what it can in time and refuses the rest at once. */
public final class OverloadScenario implements Scenario {

    private static final Duration DEADLINE = Duration.ofMillis(100);
    /** Reading is most of the work of one row and little of that of many; what is left for the scheduler to lose differs. */
    private static final List<Subject> SUBJECTS = List.of(Subject.HEAVY, Subject.HEAVY.withRows(16), Subject.DIGITS);

    /** Load at which the latency of answers and refusals is promised, too; beyond it there must be no collapse. */
    private static final double KEPT_UP_TO = 1.2;

    private static final double NO_COLLAPSE = 0.5;

    private static final double[] LOADS = {0.5, 0.8, 1.0, 1.2, 1.5};

    @Override
    public String name() {
        return "overload";
    }

    @Override
    public String line() {
        return "120 and 150 % of the capacity found in the same run, deadline 100 ms: goodput, refusals, no collapse";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Protocol protocol = lab.protocol();
        for (Subject subject : lab.quick() ? SUBJECTS.subList(0, 2) : SUBJECTS) {
            Path store = lab.store(subject);
            try (RunningServer server = lab.hearth(store, lab.deadlineFlags(DEADLINE))) {
                double capacity = lab.capacity(server, protocol, subject);
                Plot plot = plot(lab, subject + ", no settings");
                // Refusing is code that has not run yet.
                double beyond = 1.5 * capacity;
                lab.warm(server, subject + ", refusing", times -> drive(lab, server, subject, beyond, times));
                for (double load : LOADS) {
                    double before = now(lab, server, subject);
                    Measurement run = drive(lab, server, subject, load * before);
                    capacity = (before + now(lab, server, subject)) / 2;
                    record(lab, subject + ", no settings", plot, load, run);
                    judge(lab, subject, load, capacity, run);
                }
                if (!lab.quick()) {
                    twin(lab, store, subject, capacity);
                }
            }
        }
    }

    /** Capacity in this moment: a shared machine is not equally fast from minute to minute, so it is asked before and after. */
    private static double now(Lab lab, RunningServer server, Subject subject) throws InterruptedException {
        return lab.closed(server, lab.protocol(), subject.rows(lab.protocol()), 256, lab.times(1, 4))
                .throughput();
    }

    /** The same load on TensorFlow Serving's way: for comparison only. */
    private static void twin(Lab lab, Path store, Subject subject, double capacity)
            throws IOException, InterruptedException {
        BatchingSetup setup = BatchingSetup.fixed(lab, store, BatchingSetup.BULK);
        String name = subject + ", " + setup.name();
        try (RunningServer server = lab.hearth(store, setup.flags())) {
            Plot plot = plot(lab, name);
            lab.closed(server, lab.protocol(), subject.rows(lab.protocol()), 64, lab.times(4, 1));
            for (double load : LOADS) {
                record(lab, name, plot, load, drive(lab, server, subject, load * capacity));
            }
        }
    }

    private static Plot plot(Lab lab, String name) {
        return lab.report().plot(name, "offered load, % of capacity", "ms");
    }

    private static Measurement drive(Lab lab, RunningServer server, Subject subject, double perSecond)
            throws InterruptedException {
        return drive(lab, server, subject, perSecond, lab.times(3, 12));
    }

    private static Measurement drive(Lab lab, RunningServer server, Subject subject, double perSecond, LoadTimes times)
            throws InterruptedException {
        return lab.open(
                server,
                lab.protocol(),
                subject.rows(lab.protocol()),
                Arrivals.poisson(perSecond, 11),
                perSecond,
                times.withDeadline(DEADLINE));
    }

    private static void record(Lab lab, String name, Plot plot, double load, Measurement run) {
        lab.report().run("load, " + lab.protocol(), "%s, %.0f %%".formatted(name, load * 100), run);
        plot.add("p50 of accepted", load * 100, run.millis(50));
        plot.add("p99 of accepted", load * 100, run.millis(99));
        plot.add("p99 of refusals", load * 100, run.counts().refusals().getValueAtPercentile(99) / 1e3);
        plot.add("answered in time, %", load * 100, run.inTimeShare() * 100);
    }

    private static void judge(Lab lab, Subject subject, double load, double capacity, Measurement run) {
        if (load <= 1) {
            return;
        }
        // More or less than meant where the machine's speed changed meanwhile.
        String at = "%s at %.0f %% (%.0f): ".formatted(subject, load * 100, 100 * run.offered() / capacity);
        double share = run.goodput() / capacity;
        double wanted = load > KEPT_UP_TO ? NO_COLLAPSE : 0.8;
        lab.report()
                .verdict(
                        share >= wanted,
                        at + "at least %.0f %% of capacity answered in time".formatted(wanted * 100),
                        "%,.0f/s of %,.0f/s: %.0f %%",
                        run.goodput(),
                        capacity,
                        share * 100);
        lab.report()
                .verdict(
                        run.counts().failed() == 0,
                        at + "nothing fails otherwise",
                        "%d failed",
                        run.counts().failed());
        if (load > KEPT_UP_TO) {
            return;
        }
        double p99 = run.millis(99);
        lab.report().verdict(p99 <= DEADLINE.toMillis(), at + "p99 of accepted within the deadline", "%.1f ms", p99);
        double refusal = run.counts().refusals().getValueAtPercentile(99) / 1e3;
        lab.report()
                .verdict(
                        refusal < 5 && run.counts().refused() > 0,
                        at + "refusals answered in less than 5 ms, p99",
                        "%.1f ms of %,d refusals",
                        refusal,
                        run.counts().refused());
    }
}
