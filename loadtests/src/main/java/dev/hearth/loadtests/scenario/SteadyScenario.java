package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Half of what the server can do, over both protocols: nothing fails, and nearly everything is quick. */
public final class SteadyScenario implements Scenario {

    private static final Duration LEVEL = Duration.ofMillis(50);
    private static final double SHARE = 0.99;

    @Override
    public String name() {
        return "steady";
    }

    @Override
    public String line() {
        return "digits at 50 % of capacity, Poisson arrivals: 99 % within 50 ms and no errors";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        try (RunningServer server = lab.hearth(lab.store(Subject.DIGITS), List.of())) {
            for (Protocol protocol : lab.protocols()) {
                double rate = lab.capacity(server, protocol, Subject.DIGITS, 64) * 0.5;
                Measurement run = lab.open(
                        server,
                        protocol,
                        Subject.DIGITS.rows(protocol),
                        Arrivals.poisson(rate, 11),
                        rate,
                        lab.times(3, 30).withDeadline(LEVEL));
                lab.report().run("50 % of capacity", protocol.toString(), run);
                Levels.share(lab, protocol + ": ", run, SHARE, LEVEL);
                Levels.noErrors(lab, protocol + ": ", run);
            }
        }
    }
}
