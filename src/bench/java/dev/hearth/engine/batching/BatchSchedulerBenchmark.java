package dev.hearth.engine.batching;

import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Some tasks into a queue, one batch out of it, on one thread: what queueing costs when nobody fights for the lock.
 * Nanoseconds for all of them, their creation included.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class BatchSchedulerBenchmark {

    @Param({"1", "8", "64"})
    public int tasks;

    private final ManualTicker ticker = new ManualTicker();
    private final BatchScheduler scheduler = new BatchScheduler(0, 16, ticker, new ManualDelayScheduler(ticker));
    private final BatchKind<FakeTask> kind = new BatchKind<>(
            "model", "signature", new TimeoutBatchPolicy(Options.of(64, 0, 1000)), BatchSchedulerBenchmark::answer);
    private int id;

    @Setup
    public void check() {
        if (queuesAndRuns() != tasks) {
            throw new IllegalStateException("not all tasks ran");
        }
    }

    @Benchmark
    public int queuesAndRuns() {
        FakeTask[] all = new FakeTask[tasks];
        for (int i = 0; i < tasks; i++) {
            all[i] = new FakeTask(id++, 1);
            scheduler.submit(kind, all[i]);
        }
        while (scheduler.runNext()) {}
        int ran = 0;
        for (FakeTask task : all) {
            ran += task.rowsRun.get();
        }
        return ran;
    }

    private static boolean answer(Batch<FakeTask> batch) {
        for (Slice<FakeTask> slice : batch.slices()) {
            slice.task().ran(slice.rows());
        }
        return true;
    }
}
