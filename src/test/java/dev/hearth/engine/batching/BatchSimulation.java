package dev.hearth.engine.batching;

import dev.hearth.engine.batching.BatchPolicy.Step;
import dev.hearth.engine.time.Deadline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * A policy under traffic, on one thread and made-up time: Poisson arrivals of single rows, service time a + c rows, a
 * number of sessions that do not disturb each other. The same seed gives the same figures on every machine.
 *
 * <p>It says how policies compare, not how fast a machine is: there is no cost of threads, locks or merging, and service
 * times have no noise.
 */
final class BatchSimulation {

    private static final long MICROS = 1_000;

    private final BatchPolicy policy;
    private final int sessions;
    private final long fixedNanos;
    private final long rowNanos;

    private final List<Long> latencies = new ArrayList<>();
    private int refused;
    private int dropped;
    private int batches;
    private long batchedRows;

    BatchSimulation(BatchPolicy policy, int sessions, long fixedMicros, long rowMicros) {
        this.policy = policy;
        this.sessions = sessions;
        this.fixedNanos = fixedMicros * MICROS;
        this.rowNanos = rowMicros * MICROS;
    }

    /** Rows a second that full batches on all sessions reach. */
    double capacity() {
        return sessions * policy.maxRows() * 1e9 / (fixedNanos + rowNanos * policy.maxRows());
    }

    /** Runs so many arrivals at this share of the capacity and gives one line of figures. */
    String run(double load, int arrivals, long targetMicros) {
        Random random = new Random(42);
        double meanGap = 1e9 / (capacity() * load);
        BatchQueue<FakeTask> queue = new BatchQueue<>(policy);
        PriorityQueue<Long> ends = new PriorityQueue<>();
        List<Long> arrivedAt = new ArrayList<>();
        long nextArrival = 0;
        long now = 0;
        while (arrivedAt.size() < arrivals || !queue.isEmpty()) {
            boolean draining = arrivedAt.size() >= arrivals;
            long alarm = Long.MAX_VALUE;
            while (ends.size() < sessions && !queue.isEmpty()) {
                Step step = policy.step(queue.state(ends.size(), draining), now);
                if (step instanceof Step.LookAgain later) {
                    alarm = later.atNanos();
                }
                if (!(step instanceof Step.Take take)) {
                    break;
                }
                start(queue.take(take.maxRows(), now), now, ends, arrivedAt);
            }
            long arrival = draining ? Long.MAX_VALUE : nextArrival;
            now = Math.min(Math.min(arrival, alarm), ends.isEmpty() ? Long.MAX_VALUE : ends.peek());
            while (!ends.isEmpty() && ends.peek() <= now) {
                ends.remove();
            }
            if (now == arrival) {
                FakeTask task = new FakeTask(arrivedAt.size(), 1, new Deadline(now + targetMicros * MICROS, false));
                arrivedAt.add(now);
                if (queue.offer(task, now, ends.size(), false) != null) {
                    refused++;
                }
                nextArrival = now + Math.max(1, (long) (-StrictMath.log(1 - random.nextDouble()) * meanGap));
            }
        }
        return line(load, arrivals, targetMicros);
    }

    private void start(BatchQueue.Formed<FakeTask> formed, long now, PriorityQueue<Long> ends, List<Long> arrivedAt) {
        dropped += formed.dropped().size();
        int rows = formed.batch().rows();
        if (rows > 0) {
            long end = now + fixedNanos + rowNanos * rows;
            ends.add(end);
            batches++;
            batchedRows += rows;
            formed.batch().slices().forEach(slice -> latencies.add(end - arrivedAt.get(slice.task().id)));
        }
    }

    private String line(double load, int arrivals, long targetMicros) {
        long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
        long inTarget = Arrays.stream(sorted)
                .filter(nanos -> nanos <= targetMicros * MICROS)
                .count();
        return String.format(
                Locale.ROOT,
                "load %3.0f %%  mean batch %5.1f  p50 %7.2f ms  p99 %7.2f ms  in target %5.1f %%  refused %d  dropped %d",
                load * 100,
                (double) batchedRows / batches,
                sorted[sorted.length / 2] / 1e6,
                sorted[(int) (sorted.length * 0.99)] / 1e6,
                100.0 * inTarget / arrivals,
                refused,
                dropped);
    }
}
