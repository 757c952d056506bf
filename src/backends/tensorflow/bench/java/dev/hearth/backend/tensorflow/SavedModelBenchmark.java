package dev.hearth.backend.tensorflow;

import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;

/**
 * Runs per second of a model that does nothing, so that only the way there and back counts. The baseline is TensorFlow
 * for Java's {@code Session} with pooled and with inline runs, copying in and out as ours does. Use {@code -t 2} for two
 * threads.
 */
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 3)
public class SavedModelBenchmark {

    @Param({"3"})
    public int rows;

    private Servable servable;
    private Servable oneCopy;
    private SavedModelBundle bundle;
    private Session session;
    private String x;
    private String y;
    private Tensor input;
    private float[] values;

    @Setup(Level.Trial)
    public void load() {
        values = new float[rows];
        input = Tensor.ofFloats(Shape.of(rows), values);
        servable = Fixtures.load(Fixtures.demo("half_plus_two"));
        oneCopy = Fixtures.load(Fixtures.demo("half_plus_two"), TensorFlowOptions.DEFAULTS.withSessions(1, 2));
        var signature = servable.signatures().get("serving_default");
        x = signature.inputs().get("x").tensorName();
        y = signature.outputs().get("y").tensorName();
        bundle = SavedModelBundle.loader(Fixtures.demo("half_plus_two").toString())
                .withTags("serve")
                .withConfigProto(ConfigProto.getDefaultInstance())
                .load();
        session = bundle.session();
    }

    @TearDown(Level.Trial)
    public void unload() {
        servable.close();
        oneCopy.close();
        bundle.close();
    }

    @Benchmark
    public Object hearth() {
        return servable.run(new RunRequest(List.of(new Feed(x, input)), List.of(y), Deadline.NONE));
    }

    @Benchmark
    public Object hearthWithDeadline() {
        Deadline deadline = Deadline.after(Duration.ofSeconds(10), Ticker.system());
        return servable.run(new RunRequest(List.of(new Feed(x, input)), List.of(y), deadline));
    }

    @Benchmark
    public Object hearthWithOneCopy() {
        return oneCopy.run(new RunRequest(List.of(new Feed(x, input)), List.of(y), Deadline.NONE));
    }

    @Benchmark
    public Object baselineTensorFlowJava() {
        try (TFloat32 tensor = TFloat32.tensorOf(org.tensorflow.ndarray.Shape.of(rows), this::fill);
                Result result = session.runner().feed(x, tensor).fetch(y).run()) {
            return floats((TFloat32) result.get(0));
        }
    }

    @Benchmark
    public Object baselineTensorFlowJavaInline() {
        try (TFloat32 tensor = TFloat32.tensorOf(org.tensorflow.ndarray.Shape.of(rows), this::fill);
                Result result = session.runner()
                        .setOptions(org.tensorflow.proto.RunOptions.newBuilder()
                                .setInterOpThreadPool(-1)
                                .build())
                        .feed(x, tensor)
                        .fetch(y)
                        .run()) {
            return floats((TFloat32) result.get(0));
        }
    }

    private void fill(TFloat32 tensor) {
        for (int i = 0; i < rows; i++) {
            tensor.setFloat(values[i], i);
        }
    }

    private static float[] floats(TFloat32 tensor) {
        float[] copy = new float[(int) tensor.size()];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = tensor.getFloat(i);
        }
        return copy;
    }
}
