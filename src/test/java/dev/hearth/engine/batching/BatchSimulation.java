package dev.hearth.engine.batching;

import dev.hearth.engine.batching.Dispatcher.Work;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Policies under traffic, on one thread and made-up time: minutes pass in milliseconds, and the same seed gives the same
 * figures on every machine. It drives the {@link Dispatcher} that serves.
 *
 * <p>A device runs batches of a + c rows (with some noise) and is shared by those that run at once: together they are
 * {@code speed[j]} times as fast as one alone. It says how policies compare, not how fast a machine is: there is no cost
 * of threads, locks or merging.
 */
final class BatchSimulation {

    private static final double MILLIS = 1e6;

    /**
     * A model and its traffic.
     *
     * @param fixedMillis of each batch
     * @param rowMillis of each row
     * @param meanGapMillis between arrivals
     * @param maxSize rows of a request are spread evenly from 1 to this
     * @param deadlineMillis of each request
     */
    record Model(
            String name,
            Supplier<BatchPolicy> policy,
            double fixedMillis,
            double rowMillis,
            double meanGapMillis,
            int maxSize,
            double deadlineMillis,
            Priority priority) {

        double runMillis(int rows) {
            return fixedMillis + rowMillis * rows;
        }
    }

    /** Bursts of 2.2 times the mean rate and lulls of 0.4 times, each of them as long as fifteen or thirty deadlines. */
    enum Traffic {
        POISSON,
        BURSTS
    }

    /** Whether it is always equally fast, or shared with others who take up to half of it for some deadlines or stop it. */
    enum Machine {
        STEADY,
        SHARED
    }

    private static final double[] SHARED_SPEEDS = {1, 0.9, 0.5, 1, 0.7, 1, 0.6, 0.95, 0.8, 0.5};

    /** Mean of the speeds of a shared machine. */
    static double meanSpeed(Machine machine) {
        return machine == Machine.STEADY
                ? 1
                : Arrays.stream(SHARED_SPEEDS).average().orElseThrow();
    }

    private final List<Model> models;
    private final int threads;
    private final double[] speed;
    private final Traffic traffic;
    private final Machine machine;
    private double machineSpeed = 1;
    private long spellEnd = Long.MAX_VALUE;
    private final Random random = new Random(42);
    /** Of its own, so that the machine does the same whatever is asked of it. */
    private final Random machineRandom = new Random(7);

    private final Dispatcher dispatcher;
    private final List<Run> running = new ArrayList<>();
    private final List<Figures> figures = new ArrayList<>();
    private final List<Source> sources = new ArrayList<>();
    private long now;

    /** What became of one model's requests. */
    static final class Figures {
        final List<Long> latencies = new ArrayList<>();
        int sent;
        int inTime;
        int refused;
        int dropped;
        int batches;
        long rows;
        double deviceMillis;

        double p(double quantile) {
            long[] sorted =
                    latencies.stream().mapToLong(Long::longValue).sorted().toArray();
            return sorted.length == 0 ? 0 : sorted[(int) (quantile * (sorted.length - 1))] / MILLIS;
        }

        double inTimeShare() {
            return 100.0 * inTime / sent;
        }

        double meanBatch() {
            return batches == 0 ? 0 : (double) rows / batches;
        }

        String line() {
            return String.format(
                    Locale.ROOT,
                    "mean batch %6.1f  p50 %8.2f ms  p99 %8.2f ms  in time %5.1f %%  refused %d  dropped %d",
                    meanBatch(),
                    p(0.5),
                    p(0.99),
                    inTimeShare(),
                    refused,
                    dropped);
        }
    }

    private final class Source {
        final Model model;
        final BatchKind<Request> kind;
        final Figures figures;
        double nextMillis;

        Source(Model model, Figures figures) {
            this.model = model;
            this.figures = figures;
            this.kind = new BatchKind<>(model.name, model.name, model.policy.get(), batch -> true);
            advance();
        }

        void advance() {
            double factor = traffic == Traffic.POISSON
                    ? 1
                    : (long) (nextMillis / (15 * model.deadlineMillis)) % 3 == 0 ? 2.2 : 0.4;
            nextMillis += Math.max(1e-6, -StrictMath.log(1 - random.nextDouble()) * model.meanGapMillis / factor);
        }
    }

    private static final class Request implements BatchTask {
        final Source source;
        final long arrivedNanos;
        final int size;
        int left;

        Request(Source source, long arrivedNanos, int size) {
            this.source = source;
            this.arrivedNanos = arrivedNanos;
            this.size = size;
            this.left = size;
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public Deadline deadline() {
            return new Deadline(arrivedNanos + (long) (source.model.deadlineMillis * MILLIS), false);
        }

        @Override
        public Priority priority() {
            return source.model.priority;
        }

        @Override
        public boolean cancelled() {
            return false;
        }

        @Override
        public void fail(dev.hearth.engine.error.ServingException error) {
            throw new IllegalStateException("the dispatcher answers nobody");
        }
    }

    private static final class Run {
        final Work<?> work;
        double leftNanos;

        Run(Work<?> work, double leftNanos) {
            this.work = work;
            this.leftNanos = leftNanos;
        }
    }

    /**
     * @param threads batches that may run at once
     * @param speed of the device with 1, 2 ... batches at once; the last entry holds for more
     */
    BatchSimulation(int threads, double[] speed, Traffic traffic, Model... models) {
        this(threads, speed, traffic, Machine.STEADY, models);
    }

    BatchSimulation(int threads, double[] speed, Traffic traffic, Machine machine, Model... models) {
        this.models = List.of(models);
        this.threads = threads;
        this.speed = speed;
        this.traffic = traffic;
        this.machine = machine;
        this.dispatcher = new Dispatcher(threads, 100);
    }

    /** Runs so many arrivals and tells what became of each model's requests. */
    List<Figures> run(int arrivals) {
        for (Model model : models) {
            Figures of = new Figures();
            figures.add(of);
            sources.add(new Source(model, of));
        }
        int sent = 0;
        spell();
        while (sent < arrivals || !dispatcher.idle()) {
            if (sent == arrivals) {
                dispatcher.drain();
            }
            startAll();
            Source source = sent < arrivals ? earliest() : null;
            long next = source == null ? Long.MAX_VALUE : (long) (source.nextMillis * MILLIS);
            if (dispatcher.takeLookAgain()) {
                next = Math.min(next, Math.max(now, dispatcher.lookAgainNanos()));
            }
            double rate = running.isEmpty() ? 0 : speedOf(running.size()) / running.size();
            Run first = running.stream()
                    .min((a, b) -> Double.compare(a.leftNanos, b.leftNanos))
                    .orElse(null);
            long end = first == null ? Long.MAX_VALUE : now + (long) Math.ceil(first.leftNanos / rate);
            long then = Math.min(Math.min(next, end), spellEnd);
            double passed = (then - now) * rate;
            running.forEach(run -> run.leftNanos -= passed);
            now = then;
            if (now == spellEnd) {
                spell();
                continue;
            }
            if (first != null && now == end) {
                running.remove(first);
                ended(first.work);
            } else if (source != null && now == (long) (source.nextMillis * MILLIS)) {
                arrive(source);
                sent++;
            }
        }
        return figures;
    }

    private Source earliest() {
        Source first = sources.get(0);
        for (Source source : sources) {
            first = source.nextMillis < first.nextMillis ? source : first;
        }
        return first;
    }

    private double speedOf(int atOnce) {
        return machineSpeed * speed[Math.min(atOnce, speed.length) - 1];
    }

    /** How fast the machine is for the next one to twenty deadlines. */
    private void spell() {
        if (machine == Machine.SHARED) {
            machineSpeed = SHARED_SPEEDS[machineRandom.nextInt(SHARED_SPEEDS.length)];
            spellEnd = now + (long) ((1 + machineRandom.nextInt(20)) * models.get(0).deadlineMillis * MILLIS);
        }
    }

    private void arrive(Source source) {
        int size = 1 + (source.model.maxSize == 1 ? 0 : random.nextInt(source.model.maxSize));
        source.figures.sent++;
        Request request = new Request(source, now, size);
        if (dispatcher.offer(source.kind, request, now, new Dispatcher.Offered()) != null) {
            source.figures.refused++;
        }
        source.advance();
    }

    private void startAll() {
        while (dispatcher.running() < threads) {
            Work<?> work = dispatcher.next(now);
            if (work == null) {
                return;
            }
            work.formed().dropped().forEach(dropped -> ((Request) dropped.task()).source.figures.dropped++);
            if (work.rows() == 0) {
                dispatcher.ended(work, false, now);
                continue;
            }
            Source source = ((Request) work.formed().batch().slices().get(0).task()).source;
            double noise = Math.max(0.7, 1 + 0.05 * random.nextGaussian());
            double millis = source.model.runMillis(work.rows()) * noise;
            source.figures.deviceMillis += millis;
            running.add(new Run(work, millis * MILLIS));
        }
    }

    private void ended(Work<?> work) {
        dispatcher.ended(work, true, now);
        @Nullable Figures of = null;
        for (Slice<?> slice : work.formed().batch().slices()) {
            Request request = (Request) slice.task();
            of = request.source.figures;
            of.rows += slice.rows();
            request.left -= slice.rows();
            if (request.left == 0) {
                of.latencies.add(now - request.arrivedNanos);
                of.inTime += now - request.arrivedNanos <= request.source.model.deadlineMillis * MILLIS ? 1 : 0;
            }
        }
        if (of != null) {
            of.batches++;
        }
    }

    /** The gap between single arrivals that loads a device of this speed so much, with batches of so many rows. */
    static double gapMillis(
            double load, double fixedMillis, double rowMillis, int maxRows, int meanSize, double fastest) {
        double rowsPerMilli = fastest * maxRows / (fixedMillis + rowMillis * maxRows);
        return meanSize / (rowsPerMilli * load);
    }
}
