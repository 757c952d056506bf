package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.BareSession;
import dev.hearth.loadtests.server.Machine;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Throughput of 64 users without any settings against every fixed setting, TensorFlow's own in-graph schedulers and the
 * bare session.
 *
 * <p>What a shared machine can do changes within minutes, so each rival has its own server without settings beside it:
 * both are started and warmed together, then short runs alternate between them, and only these are compared.
 */
public final class BatchingScenario implements Scenario {

    static final int USERS = 64;
    private static final List<Subject> SUBJECTS = List.of(Subject.DIGITS, Subject.DENSE);
    /** What two runs of the same thing differ by on a quiet machine. */
    private static final double NOISE = 0.97;

    private static final String BATCHES = "1,2,4,8,16,32,64,128,256";
    private static final String QUICK_BATCHES = "1,16,64,256";

    /** Runs of a server without settings and of a rival, in turn. */
    private record Pair(BatchingSetup rival, List<Measurement> own, List<Measurement> its) {

        Pair(BatchingSetup rival) {
            this(rival, new ArrayList<>(), new ArrayList<>());
        }

        double ratio() {
            return mean(own) / mean(its);
        }
    }

    private record Server(String name, RunningServer process, List<Measurement> runs) {}

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
        Map<Subject, List<Pair>> pairs = new LinkedHashMap<>();
        Map<Subject, Measurement> nothing = new LinkedHashMap<>();
        for (BatchingSetup rival : setups.subList(1, setups.size())) {
            try (RunningServer own =
                            lab.hearth(setups.get(0).store(), setups.get(0).flags());
                    RunningServer its = lab.hearth(rival.store(), rival.flags())) {
                Lab.together(() -> warm(lab, own), () -> warm(lab, its));
                for (Subject subject : SUBJECTS) {
                    Pair pair = new Pair(rival);
                    pairs.computeIfAbsent(subject, key -> new ArrayList<>()).add(pair);
                    List<Server> turns = new ArrayList<>(List.of(
                            new Server("no settings, beside " + rival.name(), own, pair.own()),
                            new Server(rival.name(), its, pair.its())));
                    for (int round = 0; round < lab.pick(3, 2); round++) {
                        for (Server turn : turns) {
                            turn.runs().add(drive(lab, turn, subject));
                        }
                        Collections.reverse(turns);
                    }
                    if (rival.equals(setups.get(1))) {
                        Server unbatched = new Server(rival.name(), its, List.of());
                        nothing.put(subject, drive(lab, unbatched, subject.doingNothing()));
                    }
                }
            }
        }
        pairs.forEach((subject, all) -> {
            compare(lab, subject, all);
            judgeLimit(lab, subject, all.get(0), Objects.requireNonNull(nothing.get(subject)), bare);
        });
    }

    private static void warm(Lab lab, RunningServer server) throws InterruptedException {
        for (Subject subject : SUBJECTS) {
            lab.closed(server, lab.protocol(), subject.rows(lab.protocol()), USERS, lab.times(14, 1));
        }
    }

    private static Measurement drive(Lab lab, Server server, Subject subject) throws InterruptedException {
        Protocol protocol = lab.protocol();
        Measurement run = lab.closed(server.process(), protocol, subject.rows(protocol), USERS, lab.times(0.5, 3));
        lab.report().run("all runs, " + protocol + ", " + USERS + " users", subject + ", " + server.name(), run);
        return run;
    }

    private static double mean(List<Measurement> runs) {
        return runs.stream().mapToDouble(Measurement::throughput).average().orElseThrow();
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

    private static void compare(Lab lab, Subject subject, List<Pair> pairs) {
        Table table = lab.report()
                .table(
                        subject + ", means",
                        "set-up",
                        "ok/s",
                        "p50 ms",
                        "p99 ms",
                        "server us",
                        "no settings ok/s",
                        "server us",
                        "no settings / this");
        for (Pair pair : pairs) {
            Measurement its = median(pair.its());
            table.row(
                    pair.rival().name(),
                    mean(pair.its()),
                    its.millis(50),
                    its.millis(99),
                    its.serverMicros(),
                    mean(pair.own()),
                    median(pair.own()).serverMicros(),
                    pair.ratio());
        }
        Pair closest =
                pairs.stream().min(Comparator.comparingDouble(Pair::ratio)).orElseThrow();
        lab.report()
                .verdict(
                        closest.ratio() >= NOISE,
                        subject + ": without settings at least as good as each of all settings (3 % noise allowed)",
                        "least ahead of %s: %,.0f/s against %,.0f/s, %.2f",
                        closest.rival().name(),
                        mean(closest.own()),
                        mean(closest.its()),
                        closest.ratio());
        long lost = pairs.stream()
                .flatMap(pair -> pair.own().stream())
                .mapToLong(run -> run.counts().failed() + run.counts().refused())
                .sum();
        lab.report().verdict(lost == 0, subject + ": no request without an answer", "%d failed or refused", lost);
    }

    /**
     * The limit is what the cores can do if a row costs what it costs in the bare session at its best batch, and the way
     * in and out what it costs a model that does nothing with as large a request.
     */
    private static void judgeLimit(
            Lab lab, Subject subject, Pair first, Measurement nothing, Map<Subject, List<BareSession.Cell>> bare) {
        // Those nearest in time to the bare session's.
        Measurement own = median(first.own());
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
