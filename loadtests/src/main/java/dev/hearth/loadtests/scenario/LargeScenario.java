package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Plot;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.List;

/** Tensors of up to 64 MB through a model that answers as much: they pass, and others are served meanwhile. */
public final class LargeScenario implements Scenario {

    private static final Subject SUBJECT = Subject.TRIVIAL;
    private static final int[] MEGABYTES = {1, 4, 16, 64};

    @Override
    public String name() {
        return "large";
    }

    @Override
    public String line() {
        return "tensors of 1 to 64 MB there and back, and small requests beside them";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        // Sixteen million numbers are more text than the default limit of a body.
        List<String> flags =
                List.of("--hearth.limits.message-bytes=536870912", "--hearth.limits.in-flight-bytes=4294967296");
        try (RunningServer server = lab.hearth(lab.store(SUBJECT), flags)) {
            for (Protocol protocol : lab.protocols()) {
                Table table = lab.report()
                        .table(
                                "one user, " + protocol,
                                "tensor",
                                "request MB",
                                "answers",
                                "p50 ms",
                                "max ms",
                                "request MB/s",
                                "server s/GB",
                                "RSS MB");
                Plot plot = lab.report().plot("time against size, " + protocol, "MB of tensor", "ms");
                for (int megabytes : MEGABYTES) {
                    Mix mix = Mix.of(SUBJECT.call(protocol, values(megabytes), megabytes << 18));
                    double size = mix.bytes() / 1e6;
                    Measurement run = lab.closed(server, protocol, mix, 1, lab.times(8, 10));
                    lab.report().run("large, " + protocol, megabytes + " MB", run);
                    table.row(
                            megabytes + " MB",
                            size,
                            run.counts().ok(),
                            run.millis(50),
                            run.millis(100),
                            size / run.millis(50) * 1e3,
                            run.completed() == 0 ? 0 : run.usage().serverSeconds() / run.completed() / size * 1e3,
                            run.usage().serverRss() >> 20);
                    plot.add("p50", megabytes, run.millis(50));
                    lab.report()
                            .verdict(
                                    run.counts().ok() > 0
                                            && run.counts().failed()
                                                            + run.counts().refused()
                                                    == 0,
                                    "%s: %d MB pass".formatted(protocol, megabytes),
                                    "%d answered, %d not",
                                    run.counts().ok(),
                                    run.counts().sent() - run.counts().ok());
                }
                beside(lab, server, protocol);
            }
        }
    }

    /** One request in fifty is large; the small ones must not wait for its bytes to be read. */
    private static void beside(Lab lab, RunningServer server, Protocol protocol) throws InterruptedException {
        Mix mix = new Mix()
                .add("small", SUBJECT.call(protocol, new float[] {1}, 1), 49)
                .add("4 MB", SUBJECT.call(protocol, values(4), 4 << 18), 1);
        Measurement run = lab.open(server, protocol, mix, Arrivals.poisson(100, 11), 100, lab.times(2, 15));
        lab.report().run("large, " + protocol, "100/s, one in 50 of 4 MB", run);
        Levels.noErrors(lab, protocol + ", large ones among small ones: ", run);
    }

    private static float[] values(int megabytes) {
        float[] values = new float[megabytes << 18];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 1000 / 8f;
        }
        return values;
    }
}
