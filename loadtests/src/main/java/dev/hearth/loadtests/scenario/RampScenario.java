package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Plot;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.List;

/** From nearly nothing to all the server can do: the curve of latency against load. */
public final class RampScenario implements Scenario {

    private static final int[] PERCENTS = {2, 10, 25, 50, 65, 80, 90, 95};
    private static final double MOST_GROWTH = 3;

    @Override
    public String name() {
        return "ramp";
    }

    @Override
    public String line() {
        return "latency against load from 2 to 95 % of capacity, on digits and on a dense model";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Protocol protocol = lab.protocol();
        try (RunningServer server = lab.hearth(lab.store(Subject.DIGITS, Subject.DENSE), List.of())) {
            for (Subject subject : List.of(Subject.DIGITS, Subject.DENSE)) {
                double capacity = lab.capacity(server, protocol, subject);
                Plot plot = lab.report().plot(subject.name(), "offered load, % of capacity", "ms");
                double alone = 0;
                for (int percent : PERCENTS) {
                    double rate = capacity * percent / 100;
                    Measurement run = lab.open(
                            server,
                            protocol,
                            subject.rows(protocol),
                            Arrivals.poisson(rate, 11),
                            rate,
                            lab.times(2, 10));
                    lab.report().run("ramp, " + protocol, subject.name() + ", " + percent + " %", run);
                    plot.add("p50", percent, run.millis(50));
                    plot.add("p90", percent, run.millis(90));
                    plot.add("p99", percent, run.millis(99));
                    String at = "%s at %d %%: ".formatted(subject.name(), percent);
                    if (percent == PERCENTS[0]) {
                        alone = run.millis(50);
                    } else if (percent == 50) {
                        lab.report()
                                .verdict(
                                        run.millis(50) <= alone * MOST_GROWTH,
                                        at + "p50 at most three times that at 2 %",
                                        "%.2f against %.2f ms",
                                        run.millis(50),
                                        alone);
                    }
                    if (percent <= 80) {
                        Levels.noErrors(lab, at, run);
                    }
                }
            }
        }
    }
}
