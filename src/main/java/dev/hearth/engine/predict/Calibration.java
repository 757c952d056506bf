package dev.hearth.engine.predict;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long batches of a loaded version take before it serves: alone at sizes 1, 4, 16 ..., then at the largest size
 * with several at once on threads named {@code hearth-calibrate-N}. Ends early where larger batches gain nothing or take too
 * long, and whenever its time is up; blocks the calling thread for that long.
 *
 * @param limit for one kind of requests
 */
record Calibration(Servable servable, int maxRows, int threads, Duration limit, Ticker ticker) {

    /** Larger inputs take memory that service may never need, and time. */
    private static final long LARGEST_INPUT_BYTES = 16L << 20;

    private static final long LONGEST_RUN_NANOS = Duration.ofMillis(100).toNanos();
    private static final long ROUND_NANOS = Duration.ofMillis(8).toNanos();
    private static final int MOST_RUNS = 20;

    /** A batch four times as large must get this much more done. */
    private static final double GAIN = 1.1;

    /**
     * @param sample a request with at least one row in each input; of its rows only the first is used
     * @return null when it does not even run alone
     */
    ProfileStore.@Nullable Entry measure(RunRequest sample) {
        long until = ticker.nanos() + limit.toNanos();
        RunRequest one = rows(sample, 1);
        RowFinding finding;
        List<Integer> sizes = new ArrayList<>();
        List<Long> times = new ArrayList<>();
        try {
            finding = maxRows == 1
                    ? RowFinding.UNKNOWN
                    : RowwiseCheck.compare(servable, varied(sample, 1), varied(sample, 2));
            sizes.add(1);
            times.add(time(one, until));
        } catch (RuntimeException e) {
            return null;
        }
        if (finding != RowFinding.DEPENDENT) {
            larger(sample, sizes, times, until);
        }
        // Whatever disturbed a measurement made it longer, and a batch never takes less than a smaller one.
        for (int i = times.size() - 2; i >= 0; i--) {
            times.set(i, Math.min(times.get(i), times.get(i + 1)));
        }
        int last = sizes.size() - 1;
        List<Double> slowdowns = together(rows(sample, sizes.get(last)), times.get(last), until);
        return new ProfileStore.Entry(new Measured(sizes, times, slowdowns), finding);
    }

    private void larger(RunRequest sample, List<Integer> sizes, List<Long> times, long until) {
        double bestRate = 1.0 / times.get(0);
        long rowBytes = 1;
        for (Feed feed : sample.feeds()) {
            rowBytes += feed.value().slice(0, 1).byteSize();
        }
        for (int size = 4; size <= maxRows && size * rowBytes <= LARGEST_INPUT_BYTES; size *= 4) {
            if (ticker.nanos() - until >= 0) {
                return;
            }
            long took;
            try {
                took = time(rows(sample, size), until);
            } catch (RuntimeException e) {
                return;
            }
            sizes.add(size);
            times.add(took);
            double rate = size / (double) took;
            if (rate < GAIN * bestRate || took > LONGEST_RUN_NANOS) {
                return;
            }
            bestRate = rate;
        }
    }

    /** A quick one of some runs, after a first one, which may still compile: what disturbs runs only makes them longer. */
    private long time(RunRequest request, long until) {
        servable.run(request);
        long begunNanos = ticker.nanos();
        long[] took = new long[MOST_RUNS];
        int runs = 0;
        long now = begunNanos;
        while (runs < 3 || (runs < MOST_RUNS && now - begunNanos < ROUND_NANOS && now - until < 0)) {
            servable.run(request);
            long end = ticker.nanos();
            took[runs++] = Math.max(1, end - now);
            now = end;
        }
        Arrays.sort(took, 0, runs);
        return took[runs / 4];
    }

    private List<Double> together(RunRequest request, long aloneNanos, long until) {
        List<Double> slowdowns = new ArrayList<>(List.of(1.0));
        for (int atOnce = 2; atOnce <= threads; atOnce *= 2) {
            double factor = ticker.nanos() - until >= 0
                    ? slowdowns.get(slowdowns.size() - 1) * 2
                    : Math.min(atOnce, Math.max(1, timeTogether(request, atOnce) / aloneNanos));
            double before = slowdowns.get(slowdowns.size() - 1);
            int from = slowdowns.size();
            for (int between = from + 1; between <= atOnce; between++) {
                double part = (between - from) / (double) (atOnce - from);
                slowdowns.add(Math.max(before, before + (factor - before) * part));
            }
        }
        return slowdowns;
    }

    private double timeTogether(RunRequest request, int atOnce) {
        CyclicBarrier start = new CyclicBarrier(atOnce);
        long[] mean = new long[atOnce];
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < atOnce; i++) {
            int at = i;
            Thread thread = new Thread(() -> mean[at] = loop(request, start), "hearth-calibrate-" + i);
            thread.setDaemon(true);
            running.add(thread);
            thread.start();
        }
        try {
            for (Thread thread : running) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Arrays.stream(mean).average().orElse(1);
    }

    private long loop(RunRequest request, CyclicBarrier start) {
        try {
            start.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            return Long.MAX_VALUE / 1000;
        }
        long begunNanos = ticker.nanos();
        long now = begunNanos;
        int runs = 0;
        while (runs < 3 || (runs < 4 * MOST_RUNS && now - begunNanos < ROUND_NANOS)) {
            try {
                servable.run(request);
            } catch (RuntimeException e) {
                return Long.MAX_VALUE / 1000;
            }
            now = ticker.nanos();
            runs++;
        }
        return (now - begunNanos) / runs;
    }

    /** A request of so many rows, made of the first row of the sample. */
    private static RunRequest rows(RunRequest sample, int rows) {
        return ofFirstRow(sample, row -> Tensor.concat(Collections.nCopies(rows, row)));
    }

    /** The first row of the sample with other numbers in floating-point inputs, which models take in any amount. */
    private static RunRequest varied(RunRequest sample, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return ofFirstRow(sample, row -> row.type() == DataType.FLOAT ? noise(row.shape(), random) : row);
    }

    private static RunRequest ofFirstRow(RunRequest sample, UnaryOperator<Tensor> making) {
        List<Feed> feeds = new ArrayList<>();
        for (Feed feed : sample.feeds()) {
            feeds.add(new Feed(feed.tensorName(), making.apply(feed.value().slice(0, 1))));
        }
        return new RunRequest(feeds, sample.fetches(), Deadline.NONE);
    }

    private static Tensor noise(Shape shape, SplittableRandom random) {
        int elements = Math.toIntExact(shape.elements());
        ByteBuffer data = ByteBuffer.allocate(elements * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            data.putFloat((float) random.nextDouble());
        }
        return Tensor.of(DataType.FLOAT, shape, data.flip());
    }
}
