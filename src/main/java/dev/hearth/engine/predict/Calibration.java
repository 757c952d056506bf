package dev.hearth.engine.predict;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.ComputeThreads;
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
 * long or cannot be run. A model that compiles for each shape is measured at 1, 2, 4, 8 ... instead, which are the sizes that its
 * batches are filled up to, until one takes too long; what compiling takes is added to the limit. Blocks the calling thread.
 *
 * @param limit for one kind of requests: no run begins that would end after it, except the three that check rows, or the
 *     only one where rows are not checked
 */
record Calibration(Servable servable, int maxRows, int threads, Duration limit, Ticker ticker) {

    /** Larger inputs take memory that service may never need, and time. */
    private static final long LARGEST_INPUT_BYTES = 16L << 20;

    private static final long LONGEST_RUN_NANOS = Duration.ofMillis(100).toNanos();
    private static final long ROUND_NANOS = Duration.ofMillis(8).toNanos();
    private static final int MOST_RUNS = 20;

    /** A batch four times as large must get this much more done. */
    private static final double GAIN = 1.1;

    /** The first run with a shape may only count it, the second compiles. */
    private static final int COMPILING_RUNS = 2;

    /**
     * @param sample a request with at least one row in each input; of its rows only the first is used
     * @return null when it does not even run alone, or when checking its rows failed with what says nothing about them
     */
    ProfileStore.@Nullable Entry measure(RunRequest sample) {
        Until until = new Until(ticker.nanos() + limit.toNanos());
        RunRequest one = rows(sample, 1);
        RowFinding finding = RowFinding.UNKNOWN;
        List<Long> checked = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        List<Long> times = new ArrayList<>();
        try {
            until.nanos += compile(sample, 1);
            if (maxRows == 1) {
                timed(one, checked);
            } else {
                finding =
                        RowwiseCheck.compare(request -> timed(request, checked), varied(sample, 1), varied(sample, 2));
                if (finding == RowFinding.UNKNOWN) {
                    return null;
                }
            }
            // Without time for more, the quickest of these must do: two were of one row.
            long quickest = Collections.min(checked);
            long took = time(one, quickest, until);
            sizes.add(1);
            times.add(took == 0 ? quickest : took);
        } catch (RuntimeException e) {
            return null;
        }
        int mostRows =
                finding == RowFinding.DEPENDENT ? ProfileStore.Entry.ANY_ROWS : larger(sample, sizes, times, until);
        // Whatever disturbed a measurement made it longer, and a batch never takes less than a smaller one.
        for (int i = times.size() - 2; i >= 0; i--) {
            times.set(i, Math.min(times.get(i), times.get(i + 1)));
        }
        int last = sizes.size() - 1;
        List<Double> slowdowns = together(rows(sample, sizes.get(last)), times.get(last), until);
        return new ProfileStore.Entry(new Measured(sizes, times, slowdowns), finding, mostRows);
    }

    /** When no run is to begin any more: later by what compiling took. */
    private static final class Until {
        private long nanos;

        Until(long nanos) {
            this.nanos = nanos;
        }
    }

    /** Has all copies of the model compile for batches of up to so many rows, if it compiles for shapes; never fails. */
    void compileUpTo(RunRequest sample, int most) {
        try {
            for (int size = 1; size <= most; size *= 2) {
                compile(sample, size);
            }
        } catch (RuntimeException e) {
            // Whoever is answered with it in service is told.
        }
    }

    /** @return how long that took */
    private long compile(RunRequest sample, int size) {
        if (!servable.compilesShapes()) {
            return 0;
        }
        long begunNanos = ticker.nanos();
        RunRequest request = rows(sample, size);
        for (int i = 0; i < COMPILING_RUNS; i++) {
            servable.probe(request);
        }
        return ticker.nanos() - begunNanos;
    }

    private List<Tensor> timed(RunRequest request, List<Long> times) {
        long begunNanos = ticker.nanos();
        List<Tensor> outputs = servable.run(request);
        times.add(Math.max(1, ticker.nanos() - begunNanos));
        return outputs;
    }

    private boolean hasTimeFor(long nanos, Until until) {
        return ticker.nanos() + nanos - until.nanos < 0;
    }

    /** @return the largest size that could be run, where a larger one could not */
    private int larger(RunRequest sample, List<Integer> sizes, List<Long> times, Until until) {
        long rowBytes = 1;
        for (Feed feed : sample.feeds()) {
            rowBytes += feed.value().slice(0, 1).byteSize();
        }
        boolean compiles = servable.compilesShapes();
        int factor = compiles ? 2 : 4;
        for (int size = factor; size <= maxRows && size * rowBytes <= LARGEST_INPUT_BYTES; size *= factor) {
            int last = sizes.size() - 1;
            long took;
            try {
                until.nanos += compile(sample, size);
                took = time(rows(sample, size), times.get(last), until);
            } catch (RuntimeException e) {
                boolean forItsSize = !TensorBatchRunner.isAboutTheServer(ServingException.from(e));
                return forItsSize ? sizes.get(last) : ProfileStore.Entry.ANY_ROWS;
            }
            if (took == 0) {
                break;
            }
            sizes.add(size);
            times.add(took);
            // A size that is not compiled now is never tried, so what disturbs a measurement must not end the search.
            boolean gains = compiles || 4.0 * times.get(last) / took >= GAIN;
            if (!gains || took > LONGEST_RUN_NANOS) {
                break;
            }
        }
        return ProfileStore.Entry.ANY_ROWS;
    }

    /**
     * A quick one of some runs, after a first one, which may still compile: what disturbs runs only makes them longer.
     *
     * @param expectedNanos of a run
     * @return 0 where there is no time for two
     */
    private long time(RunRequest request, long expectedNanos, Until until) {
        List<Long> took = new ArrayList<>();
        long next = expectedNanos;
        long settledNanos = 0;
        while (hasTimeFor(next, until)
                && (took.size() <= 3 || (took.size() <= MOST_RUNS && settledNanos < ROUND_NANOS))) {
            timed(request, took);
            if (took.size() > 1) {
                next = took.get(took.size() - 1);
                settledNanos += next;
            }
        }
        if (took.size() < 2) {
            return 0;
        }
        List<Long> settled = took.subList(1, took.size());
        Collections.sort(settled);
        return settled.get(settled.size() / 4);
    }

    private List<Double> together(RunRequest request, long aloneNanos, Until until) {
        List<Double> slowdowns = new ArrayList<>(List.of(1.0));
        for (int atOnce = 2; atOnce <= threads; atOnce *= 2) {
            double factor = hasTimeFor(aloneNanos, until)
                    ? Math.min(atOnce, Math.max(1, timeTogether(request, atOnce, until) / aloneNanos))
                    : slowdowns.get(slowdowns.size() - 1) * 2;
            double before = slowdowns.get(slowdowns.size() - 1);
            int from = slowdowns.size();
            for (int between = from + 1; between <= atOnce; between++) {
                double part = (between - from) / (double) (atOnce - from);
                slowdowns.add(Math.max(before, before + (factor - before) * part));
            }
        }
        return slowdowns;
    }

    private double timeTogether(RunRequest request, int atOnce, Until until) {
        CyclicBarrier start = new CyclicBarrier(atOnce);
        long[] mean = new long[atOnce];
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < atOnce; i++) {
            int at = i;
            Thread thread = ComputeThreads.of(() -> mean[at] = loop(request, start, until), "hearth-calibrate-" + i);
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

    private long loop(RunRequest request, CyclicBarrier start, Until until) {
        try {
            start.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            return Long.MAX_VALUE / 1000;
        }
        long begunNanos = ticker.nanos();
        long now = begunNanos;
        int runs = 0;
        while (runs == 0
                || (now - until.nanos < 0 && (runs < 3 || (runs < 4 * MOST_RUNS && now - begunNanos < ROUND_NANOS)))) {
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
