package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Plot;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.time.Duration;

/** Arrivals in waves of 0.4 and 2.2 times the mean: at half load the server is over its capacity now and then. */
public final class BurstScenario implements Scenario {

    private static final Duration DEADLINE = Duration.ofMillis(100);
    private static final Duration WAVE = Duration.ofSeconds(1);

    @Override
    public String name() {
        return "burst";
    }

    @Override
    public String line() {
        return "a heavy model under waves of 0.4 and 2.2 times the mean, deadline 100 ms: 95 % in time at 50 % load";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Protocol protocol = lab.protocol();
        try (RunningServer server = lab.hearth(lab.store(Subject.HEAVY), lab.deadlineFlags(DEADLINE))) {
            double capacity = lab.capacity(server, protocol, Subject.HEAVY);
            Plot plot = lab.report().plot("bursts", "mean load, % of capacity", "ms");
            for (int percent : new int[] {25, 50, 80, 95}) {
                double rate = capacity * percent / 100;
                Measurement run = lab.open(
                        server,
                        protocol,
                        Subject.HEAVY.rows(protocol),
                        Arrivals.bursty(rate, WAVE, 13),
                        rate,
                        lab.times(3, 20).withDeadline(DEADLINE));
                lab.report().run("waves, " + protocol, "mean " + percent + " %", run);
                plot.add("p50 of accepted", percent, run.millis(50));
                plot.add("p99 of accepted", percent, run.millis(99));
                plot.add("answered in time, %", percent, run.inTimeShare() * 100);
                if (percent <= 50) {
                    Levels.share(lab, "mean " + percent + " %: ", run, percent == 25 ? 0.99 : 0.95, DEADLINE);
                }
                Levels.noErrors(lab, "mean " + percent + " %: ", run);
            }
        }
    }
}
