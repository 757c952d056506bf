package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.BareSession;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a call of a trivial model costs above the bare framework: CPU time of the server's process for a call against a
 * bare Quarkus echo of the same bytes, in alternating rounds. CPU time, since the driver shares the machine.
 */
public final class OverheadScenario implements Scenario {

    private static final int USERS = 32;
    private static final double MOST_TIMES = 2;
    private static final int MOST_MICROS = 250;
    private static final Subject SUBJECT = Subject.TRIVIAL;

    @Override
    public String name() {
        return "overhead";
    }

    @Override
    public String line() {
        return "CPU of a call of a trivial model against a bare Quarkus echo, and p50 of one user against a bare run";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Map<String, List<Measurement>> rounds = new LinkedHashMap<>();
        Map<Protocol, Measurement> alone = new LinkedHashMap<>();
        try (RunningServer hearth = lab.hearth(lab.store(SUBJECT), List.of());
                RunningServer echo = lab.echo()) {
            for (int round = 0; round <= lab.pick(5, 2); round++) {
                for (Protocol protocol : lab.protocols()) {
                    Mix echoed = Mix.of(SUBJECT.echo(protocol));
                    Mix predicted = Mix.of(SUBJECT.call(protocol, new float[] {1}, 1));
                    // The first round only warms both up, which takes a virtual machine some seconds.
                    LoadTimes times = round == 0 ? lab.times(15, 1) : lab.times(1, 4);
                    Measurement floor = lab.closed(echo, protocol, echoed, USERS, times);
                    Measurement cost = lab.closed(hearth, protocol, predicted, USERS, times);
                    if (round > 0) {
                        lab.report().run("rounds, 32 users", protocol + " echo, round " + round, floor);
                        lab.report().run("rounds, 32 users", protocol + " predict, round " + round, cost);
                        rounds.computeIfAbsent(protocol + " echo", key -> new ArrayList<>())
                                .add(floor);
                        rounds.computeIfAbsent(protocol + " predict", key -> new ArrayList<>())
                                .add(cost);
                    }
                }
            }
            for (Protocol protocol : lab.protocols()) {
                Mix predicted = Mix.of(SUBJECT.call(protocol, new float[] {1}, 1));
                Measurement one = lab.closed(hearth, protocol, predicted, 1, lab.times(2, 6));
                lab.report().run("one user", protocol + " predict", one);
                alone.put(protocol, one);
            }
        }
        for (Protocol protocol : lab.protocols()) {
            judge(lab, protocol, rounds);
        }
        latency(lab, alone);
    }

    private static void judge(Lab lab, Protocol protocol, Map<String, List<Measurement>> rounds) {
        double floor = median(rounds.getOrDefault(protocol + " echo", List.of()));
        double cost = median(rounds.getOrDefault(protocol + " predict", List.of()));
        lab.report()
                .verdict(
                        cost <= floor * MOST_TIMES,
                        "%s: a predict takes at most %.1f times the CPU of an echo".formatted(protocol, MOST_TIMES),
                        "%.1f us against %.1f us: %.2f times",
                        cost,
                        floor,
                        cost / floor);
    }

    private static double median(List<Measurement> runs) {
        double[] sorted =
                runs.stream().mapToDouble(Measurement::serverMicros).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static void latency(Lab lab, Map<Protocol, Measurement> alone) throws IOException, InterruptedException {
        List<BareSession.Cell> cells = BareSession.run(
                lab.root(),
                lab.root().resolve(SUBJECT.folder()).resolve(String.valueOf(SUBJECT.version())),
                SUBJECT.input(),
                SUBJECT.dimsText(),
                lab.pick(2000, 500),
                "1");
        Table table = lab.report().table("bare Session.run, one row", "threads", "intra-op", "inline", "p50 us/run");
        cells.forEach(
                cell -> table.row(String.valueOf(cell.threads()), cell.intraOp(), cell.inline(), cell.p50Micros()));
        long bare = BareSession.single(cells).p50Micros();
        alone.forEach((protocol, run) -> lab.report()
                .verdict(
                        run.millis(50) * 1000 <= bare + MOST_MICROS,
                        "%s: p50 of one user at most a bare run and %d us".formatted(protocol, MOST_MICROS),
                        "%.0f us against %d us",
                        run.millis(50) * 1000,
                        bare));
    }
}
