package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Plot;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.RunningServer;
import dev.hearth.loadtests.server.Usage;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Ten minutes at 80 % of capacity: memory stays where it was after the first fifth, and nothing fails. */
public final class SoakScenario implements Scenario {

    private static final int STEPS = 20;
    private static final double MOST_RSS_GROWTH = 1.05;
    private static final long DIRECT_SLACK = 16L << 20;

    @Override
    public String name() {
        return "soak";
    }

    @Override
    public String line() {
        return "ten minutes at 80 % of capacity: no growth of RSS or direct memory, no errors";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Protocol protocol = lab.protocol();
        Subject subject = Subject.DIGITS;
        try (RunningServer server = lab.hearth(lab.store(subject), List.of())) {
            double rate = lab.capacity(server, protocol, subject, 64) * 0.8;
            lab.warmOpen(server, subject.toString(), protocol, subject.rows(protocol), rate / 2);
            Table table =
                    lab.report().table("memory", "after s", "RSS MB", "direct MB", "p50 ms", "p99 ms", "not answered");
            Plot plot = lab.report().plot("memory over time", "seconds", "MB");
            Duration step = Duration.ofSeconds(lab.pick(30, 3));
            long[] rss = new long[STEPS];
            long[] direct = new long[STEPS];
            long errors = 0;
            for (int i = 0; i < STEPS; i++) {
                Measurement run = lab.open(
                        server,
                        protocol,
                        subject.rows(protocol),
                        Arrivals.poisson(rate, 11 + i),
                        rate,
                        LoadTimes.of(Duration.ZERO, step));
                long seconds = (i + 1) * step.toSeconds();
                lab.report().run("80 %, " + protocol, "until " + seconds + " s", run);
                rss[i] = Usage.rss(server.pid());
                direct[i] = server.directBytes();
                errors += run.counts().sent() - run.counts().ok();
                table.row(
                        String.valueOf(seconds),
                        rss[i] / 1e6,
                        direct[i] / 1e6,
                        run.millis(50),
                        run.millis(99),
                        run.counts().sent() - run.counts().ok());
                plot.add("RSS", seconds, rss[i] / 1e6);
                plot.add("direct", seconds, direct[i] / 1e6);
            }
            judge(lab, rss, direct, errors);
        }
    }

    /** The last fifth against the second one: the first fills caches and the heap. */
    private static void judge(Lab lab, long[] rss, long[] direct, long errors) {
        long rssThen = most(rss, STEPS / 5, STEPS * 2 / 5);
        long rssNow = most(rss, STEPS * 4 / 5, STEPS);
        long directThen = most(direct, STEPS / 5, STEPS * 2 / 5);
        long directNow = most(direct, STEPS * 4 / 5, STEPS);
        lab.report()
                .verdict(
                        rssNow <= rssThen * MOST_RSS_GROWTH,
                        "RSS of the last fifth at most 5 % above the second fifth",
                        "%.0f against %.0f MB",
                        rssNow / 1e6,
                        rssThen / 1e6);
        lab.report()
                .verdict(
                        directNow <= directThen + DIRECT_SLACK,
                        "direct memory of the last fifth at most 16 MiB above the second fifth",
                        "%.1f against %.1f MB",
                        directNow / 1e6,
                        directThen / 1e6);
        lab.report().verdict(errors == 0, "no errors", "%d requests without a result", errors);
    }

    private static long most(long[] values, int from, int to) {
        long most = 0;
        for (int i = from; i < to; i++) {
            most = Math.max(most, values[i]);
        }
        return most;
    }
}
