package dev.hearth.engine.tensor;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
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
 * Single rows of 256 floats to one batch in native memory, and ten outputs a row back apart: what a batch costs beside its
 * run. Nanoseconds for the whole batch.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class MergeSplitBenchmark {

    private static final int WIDTH = 256;

    @Param({"2", "8", "64"})
    public int rows;

    private List<Tensor> parts = List.of();
    private Tensor outputs = Tensor.ofFloats(Shape.of(0));
    private ByteBuffer target = ByteBuffer.allocateDirect(0);

    @Setup
    public void make() {
        parts = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            parts.add(Tensor.ofFloats(Shape.of(1, WIDTH), new float[WIDTH]));
        }
        outputs = Tensor.ofFloats(Shape.of(rows, 10), new float[rows * 10]);
        target = ByteBuffer.allocateDirect(rows * WIDTH * Float.BYTES);
    }

    @Benchmark
    public ByteBuffer merges() {
        Tensor.concat(parts).copyTo(target.clear());
        return target;
    }

    @Benchmark
    public List<Tensor> splits() {
        List<Tensor> answers = new ArrayList<>(rows);
        for (int i = 0; i < rows; i++) {
            answers.add(outputs.slice(i, 1));
        }
        return answers;
    }
}
