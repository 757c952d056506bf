package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.drive.Timeline;
import dev.hearth.loadtests.report.Plot;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * A new version appears while the server works at half load. The time of the swap, from the new folder to some seconds
 * later, is compared with the time before it. What counts is the server as it is shipped, a package: its virtual machine has
 * seen a swap when the package was made. A server that was only built has not, and compiles its hottest code again.
 */
public final class SwapScenario implements Scenario {

    private static final Subject SUBJECT = Subject.DIGITS;
    private static final double MOST_SPIKE = 1.5;
    private static final double SWAP_SECONDS = 10;

    @Override
    public String name() {
        return "swap";
    }

    @Override
    public String line() {
        return "a version swap under 50 % load: p99 grows by half at most and nothing fails";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Protocol protocol = lab.protocol();
        Path made = lab.makePackage();
        Path store = lab.store(SUBJECT);
        LoadTimes times = LoadTimes.of(Duration.ofSeconds(lab.pick(5, 3)), Duration.ofSeconds(lab.pick(60, 24)));
        double seconds = times.measure().toMillis() / 1e3;
        double swapAt = seconds / 2;
        try (RunningServer server = lab.packaged(made, store)) {
            double rate = lab.capacity(server, protocol, SUBJECT, 64) * 0.5;
            lab.warmOpen(server, SUBJECT.toString(), protocol, SUBJECT.rows(protocol), rate);
            Timeline timeline = new Timeline(Duration.ofMillis(250).toNanos());
            Thread swap =
                    new Thread(() -> publish(lab, store, times.warmup().toMillis() + (long) (swapAt * 1000)), "swap");
            swap.setDaemon(true);
            swap.start();
            Measurement run = lab.open(server, protocol, SUBJECT.rows(protocol), rate, times, timeline);
            swap.join();
            lab.report().run("swap under load", protocol + ", " + SUBJECT.name(), run);
            Plot plot = lab.report().plot("p99 over time, new version at " + swapAt + " s", "seconds", "ms");
            for (int i = 0; i < timeline.slices(); i++) {
                plot.add("p99", timeline.secondsOf(i), timeline.slice(i).getValueAtPercentile(99) / 1e3);
                plot.add("p50", timeline.secondsOf(i), timeline.slice(i).getValueAtPercentile(50) / 1e3);
            }
            Histogram before = timeline.between(0, swapAt);
            Histogram during = timeline.between(swapAt, Math.min(seconds, swapAt + SWAP_SECONDS));
            double ratio = (double) during.getValueAtPercentile(99) / before.getValueAtPercentile(99);
            lab.report()
                    .verdict(
                            ratio <= MOST_SPIKE,
                            "p99 of the swap at most 1.5 times that before",
                            "%.1f ms against %.1f ms: %.2f; longest %.0f ms against %.0f ms",
                            during.getValueAtPercentile(99) / 1e3,
                            before.getValueAtPercentile(99) / 1e3,
                            ratio,
                            during.getMaxValue() / 1e3,
                            before.getMaxValue() / 1e3);
            Levels.noErrors(lab, "", run);
            boolean swapped = server.get("/v1/models/" + SUBJECT.name()).contains("\"3\"");
            lab.report().verdict(swapped, "the new version serves", swapped ? "version 3" : "no version 3");
        }
    }

    /** Copies version 2 as version 3 beside the others, in one move, as a publisher should. */
    private static void publish(Lab lab, Path store, long afterMillis) {
        try {
            Thread.sleep(afterMillis);
            Path models = store.resolve(SUBJECT.name());
            Path made = lab.scratch().resolve("next");
            Lab.copy(models.resolve(String.valueOf(SUBJECT.version())), made);
            Files.move(made, models.resolve(String.valueOf(SUBJECT.version() + 1)), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
