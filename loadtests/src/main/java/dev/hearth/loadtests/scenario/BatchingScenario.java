package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.BareSession;
import dev.hearth.loadtests.server.Machine;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Throughput of 64 users without any settings against every fixed setting, TensorFlow's own in-graph schedulers and the
 * bare session. Rounds alternate over all set-ups, each in a process of its own; medians are compared.
 */
public final class BatchingScenario implements Scenario {

    static final int USERS = 64;
    private static final List<Subject> SUBJECTS = List.of(Subject.DIGITS, Subject.DENSE);
    /** What two runs of the same thing differ by on a quiet machine. */
    private static final double NOISE = 0.97;

    private static final String BATCHES = "1,2,4,8,16,32,64,128,256";
    private static final String QUICK_BATCHES = "1,16,64,256";

    private record Key(BatchingSetup setup, Subject subject) {}

    @Override
    public String name() {
        return "batching";
    }

    @Override
    public String line() {
        return "throughput of 64 users: no settings against fixed settings, in-graph batching and the bare session";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Map<Subject, List<BareSession.Cell>> bare = new LinkedHashMap<>();
        for (Subject subject : SUBJECTS) {
            bare.put(subject, bareSession(lab, subject, BATCHES));
            bare.put(subject.doingNothing(), bareSession(lab, subject.doingNothing(), "1"));
        }
        Subject[] served = {Subject.DIGITS, Subject.DENSE, Subject.TRIVIAL};
        List<BatchingSetup> setups = BatchingSetup.all(lab, lab.store(served), SUBJECTS);
        Map<Key, List<Measurement>> runs = new LinkedHashMap<>();
        for (int round = 1; round <= lab.pick(3, 1); round++) {
            for (BatchingSetup setup : setups) {
                try (RunningServer server = lab.hearth(setup.store(), setup.flags())) {
                    // A fresh virtual machine goes on compiling for many seconds; none must be measured earlier than
                    // another.
                    for (Subject subject : SUBJECTS) {
                        lab.closed(server, lab.protocol(), subject.rows(lab.protocol()), USERS, lab.times(8, 1));
                    }
                    for (Subject subject : SUBJECTS) {
                        drive(lab, server, setup, subject, round, runs);
                        if (setup.equals(setups.get(1))) {
                            drive(lab, server, setup, subject.doingNothing(), round, runs);
                        }
                    }
                }
            }
        }
        Map<Key, Measurement> medians = new LinkedHashMap<>();
        runs.forEach((key, all) -> medians.put(key, median(all)));
        for (Subject subject : SUBJECTS) {
            compare(lab, subject, setups, medians);
            judgeLimit(lab, subject, setups, medians, bare);
        }
    }

    private static void drive(
            Lab lab,
            RunningServer server,
            BatchingSetup setup,
            Subject subject,
            int round,
            Map<Key, List<Measurement>> runs)
            throws InterruptedException {
        Protocol protocol = lab.protocol();
        Measurement run = lab.closed(server, protocol, subject.rows(protocol), USERS, lab.times(2, 6));
        lab.report()
                .run(
                        "all runs, " + protocol + ", " + USERS + " users",
                        "%s, %s, round %d".formatted(subject, setup.name(), round),
                        run);
        runs.computeIfAbsent(new Key(setup, subject), key -> new ArrayList<>()).add(run);
    }

    private static Measurement median(List<Measurement> runs) {
        List<Measurement> sorted = runs.stream()
                .sorted(Comparator.comparingDouble(Measurement::throughput))
                .toList();
        return sorted.get(sorted.size() / 2);
    }

    private static List<BareSession.Cell> bareSession(Lab lab, Subject subject, String batches)
            throws IOException, InterruptedException {
        lab.report().progress("bare Session.run loop, %s", subject);
        List<BareSession.Cell> cells = BareSession.run(
                lab.root(),
                lab.root().resolve(subject.folder()).resolve(String.valueOf(subject.version())),
                subject.input(),
                subject.dimsText(),
                lab.pick(500, 150),
                lab.quick() && !batches.equals("1") ? QUICK_BATCHES : batches);
        Table table = lab.report()
                .table(
                        "bare Session.run loop, " + subject,
                        "batch",
                        "threads",
                        "intra-op",
                        "inline",
                        "rows/s",
                        "CPU us/row",
                        "p50 us/run");
        cells.forEach(cell -> table.row(
                String.valueOf(cell.batch()),
                cell.threads(),
                cell.intraOp(),
                cell.inline(),
                cell.rowsPerSecond(),
                cell.cpuMicros(),
                cell.p50Micros()));
        return cells;
    }

    private static Measurement of(Map<Key, Measurement> medians, BatchingSetup setup, Subject subject) {
        return Objects.requireNonNull(medians.get(new Key(setup, subject)));
    }

    private static void compare(Lab lab, Subject subject, List<BatchingSetup> setups, Map<Key, Measurement> medians) {
        Measurement own = of(medians, setups.get(0), subject);
        Table table = lab.report()
                .table(
                        "medians, " + subject,
                        "set-up",
                        "ok/s",
                        "p50 ms",
                        "p99 ms",
                        "server us",
                        "driver us",
                        "no settings / this");
        String bestName = "";
        double best = 0;
        for (BatchingSetup setup : setups) {
            Measurement run = of(medians, setup, subject);
            table.row(
                    setup.name(),
                    run.throughput(),
                    run.millis(50),
                    run.millis(99),
                    run.serverMicros(),
                    run.driverMicros(),
                    own.throughput() / run.throughput());
            if (setup.rival() && run.throughput() > best) {
                best = run.throughput();
                bestName = setup.name();
            }
        }
        lab.report()
                .verdict(
                        own.throughput() >= best * NOISE,
                        subject + ": without settings at least the best of all settings (3 % noise allowed)",
                        "%,.0f/s against %,.0f/s of %s: %.2f",
                        own.throughput(),
                        best,
                        bestName,
                        own.throughput() / best);
        lab.report()
                .verdict(
                        own.counts().failed() + own.counts().refused() == 0,
                        subject + ": no request without an answer",
                        "%d failed, %d refused",
                        own.counts().failed(),
                        own.counts().refused());
    }

    /**
     * The limit is what the cores can do if a row costs what it costs in the bare session at its best batch, and the way
     * in and out what it costs a model that does nothing with as large a request.
     */
    private static void judgeLimit(
            Lab lab,
            Subject subject,
            List<BatchingSetup> setups,
            Map<Key, Measurement> medians,
            Map<Subject, List<BareSession.Cell>> bare) {
        Measurement own = of(medians, setups.get(0), subject);
        Measurement nothing = of(medians, setups.get(1), subject.doingNothing());
        BareSession.Cell best = BareSession.best(Objects.requireNonNull(bare.get(subject)));
        double nothingBare = BareSession.single(Objects.requireNonNull(bare.get(subject.doingNothing())))
                .cpuMicros();
        double codec = Math.max(0, nothing.serverMicros() - nothingBare);
        double limit = Machine.cores() * 1e6 / (best.cpuMicros() + codec + own.driverMicros());
        lab.report()
                .note(
                        "%s: the bare session does %,.0f rows/s at its best (batch %d, %d threads), %.1f us of CPU a row;"
                                + " the way in and out takes %.1f us (a model that does nothing, %.1f us, less its bare run,"
                                + " %.1f us), the driver %.1f us; so %d cores can do %,.0f/s",
                        subject,
                        best.rowsPerSecond(),
                        best.batch(),
                        best.threads(),
                        best.cpuMicros(),
                        codec,
                        nothing.serverMicros(),
                        nothingBare,
                        own.driverMicros(),
                        Machine.cores(),
                        limit);
        lab.report()
                .verdict(
                        own.throughput() >= limit * 0.9,
                        subject + ": at least 90 % of the bare session at its best batch less the way in and out",
                        "%,.0f/s of %,.0f/s: %.0f %%",
                        own.throughput(),
                        limit,
                        own.throughput() / limit * 100);
    }
}
