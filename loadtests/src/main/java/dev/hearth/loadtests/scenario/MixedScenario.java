package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Call;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Plot;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Light and heavy models in one server: a heavy neighbour must not starve the light ones. */
public final class MixedScenario implements Scenario {

    private static final Map<Subject, Integer> WEIGHTS = new LinkedHashMap<>();

    static {
        WEIGHTS.put(Subject.TRIVIAL, 50);
        WEIGHTS.put(Subject.DIGITS, 30);
        WEIGHTS.put(Subject.DENSE, 15);
        WEIGHTS.put(Subject.HEAVY, 5);
    }

    @Override
    public String name() {
        return "mixed";
    }

    @Override
    public String line() {
        return "four models of different weight in one server, up to 80 % of their common capacity";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Protocol protocol = lab.protocol();
        Subject[] subjects = WEIGHTS.keySet().toArray(Subject[]::new);
        try (RunningServer server = lab.hearth(lab.store(subjects), List.of())) {
            Measurement most = lab.closed(server, protocol, mix(protocol), 64, lab.times(5, 8));
            lab.report().run("mixed, " + protocol, "64 users", most);
            Table table = lab.report().table("by model", "model", "load %", "sent", "p50 ms", "p99 ms", "not answered");
            Plot plot = lab.report().plot("p99 by model", "offered load, % of capacity", "ms");
            for (int percent : new int[] {25, 50, 80}) {
                double rate = most.throughput() * percent / 100;
                Measurement run =
                        lab.open(server, protocol, mix(protocol), Arrivals.poisson(rate, 11), rate, lab.times(2, 15));
                lab.report().run("mixed, " + protocol, percent + " %", run);
                run.kinds().forEach((model, counts) -> {
                    double p99 = counts.accepted().getValueAtPercentile(99) / 1e3;
                    table.row(
                            model,
                            percent,
                            counts.sent(),
                            counts.accepted().getValueAtPercentile(50) / 1e3,
                            p99,
                            counts.sent() - counts.ok());
                    plot.add(model, percent, p99);
                });
                Levels.noErrors(lab, percent + " %: ", run);
                if (percent == 50) {
                    fairness(lab, run);
                }
            }
        }
    }

    private static void fairness(Lab lab, Measurement run) {
        double heavy = p99(run, Subject.HEAVY);
        double light = p99(run, Subject.TRIVIAL);
        lab.report()
                .verdict(
                        light <= heavy,
                        "50 %: the lightest model waits no longer than the heaviest, p99",
                        "%.1f against %.1f ms",
                        light,
                        heavy);
    }

    private static double p99(Measurement run, Subject subject) {
        var counts = run.kinds().get(subject.name());
        return counts == null ? 0 : counts.accepted().getValueAtPercentile(99) / 1e3;
    }

    private static Mix mix(Protocol protocol) {
        Mix mix = new Mix();
        WEIGHTS.forEach((subject, weight) -> {
            Call call = subject.call(protocol, subject.values(1, 3), 1);
            mix.add(subject.name(), call, weight);
        });
        return mix;
    }
}
