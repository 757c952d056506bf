package dev.hearth.server.grpc;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.testing.Signatures;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Answers from code, chosen by the model's name. */
@Singleton
@Priority(100)
@Typed({ScriptedBackend.class, LoaderFactory.class})
public class ScriptedBackend implements LoaderFactory {

    static final String MARK = "scripted";

    /** Elements of the answer of the signature {@code big}: more than a client takes in before it reads. */
    static final int BIG = 4 << 20;

    /** What a run of the model {@code slow} takes at least; then it stops at the gate. */
    static final long SLOW_NANOS = 200_000_000;

    /** Runs of the model {@code gate} stop here. */
    public volatile Rendezvous gate = new Rendezvous();

    /** Runs of the model {@code gate} that were begun. */
    public final AtomicInteger gateRuns = new AtomicInteger();

    @Override
    public String name() {
        return "scripted";
    }

    @Override
    public boolean recognises(Path versionFolder) {
        return Files.exists(versionFolder.resolve(MARK));
    }

    @Override
    public Loader loader(ServableId id, Path versionFolder) {
        return new Loader() {
            @Override
            public ResourceEstimate estimate() {
                return ResourceEstimate.NONE;
            }

            @Override
            public Servable load() {
                return servable(id);
            }
        };
    }

    private Servable servable(ServableId id) {
        return switch (id.name().value()) {
            case "gate" ->
                new FakeServable(
                        request -> {
                            gateRuns.incrementAndGet();
                            gate.arriveAndWait();
                            return echo(request);
                        },
                        Signatures.floats());
            case "slow" ->
                new FakeServable(
                        request -> {
                            pass(SLOW_NANOS);
                            gate.arriveAndWait();
                            return echo(request);
                        },
                        Signatures.floats());
            case "throwing" ->
                new FakeServable(
                        ScriptedBackend::fail,
                        Signatures.predict(Signature.SERVING_DEFAULT)
                                .in("why", DataType.STRING)
                                .out("y", DataType.STRING)
                                .build());
            case "unloadable" -> throw ServingException.notFound("no model in there");
            default ->
                new FakeServable(
                        request -> request.fetches().stream()
                                .map(name -> answer(name, request))
                                .toList(),
                        Signatures.floats(),
                        Signatures.predict("two")
                                .in("a", DataType.INT64, -1)
                                .in("b", DataType.STRING, -1)
                                .out("p", DataType.INT64, -1)
                                .out("q", DataType.STRING, -1)
                                .build(),
                        Signatures.predict("big")
                                .in("x", DataType.FLOAT, -1, 2)
                                .out("y", DataType.FLOAT, -1)
                                .build(),
                        examples("classify", Signature.CLASSIFY_METHOD, "inputs")
                                .out("classes", DataType.STRING, -1, 2)
                                .out("scores", DataType.FLOAT, -1, 2)
                                .build(),
                        examples("regress", Signature.REGRESS_METHOD, "inputs")
                                .out("outputs", DataType.FLOAT, -1, 1)
                                .build(),
                        examples("oddly_keyed", Signature.CLASSIFY_METHOD, "x")
                                .out("outputs", DataType.FLOAT, -1, 1)
                                .build());
        };
    }

    private static Signatures examples(String name, String method, String input) {
        return Signatures.named(name, method).in(input, DataType.STRING, -1);
    }

    private static void pass(long nanos) {
        long begun = System.nanoTime();
        for (long left = nanos; left > 0; left = nanos - (System.nanoTime() - begun)) {
            LockSupport.parkNanos(left);
        }
    }

    private static List<Tensor> echo(RunRequest request) {
        return request.fetches().stream()
                .map(name -> request.feeds().get(0).value())
                .toList();
    }

    private static Tensor answer(String fetch, RunRequest request) {
        Tensor first = request.feeds().get(0).value();
        int rows = (int) first.rows();
        return switch (fetch) {
            case "classify_classes:0" -> {
                byte[][] labels = new byte[2 * rows][];
                for (int i = 0; i < rows; i++) {
                    labels[2 * i] = "caf\u00e9".getBytes(StandardCharsets.UTF_8);
                    labels[2 * i + 1] = new byte[] {'n', (byte) 0xff};
                }
                yield Tensor.ofStrings(Shape.of(rows, 2), labels);
            }
            case "classify_scores:0" -> Tensor.ofFloats(Shape.of(rows, 2), lengths(first, 2));
            case "regress_outputs:0" -> Tensor.ofFloats(Shape.of(rows, 1), lengths(first, 1));
            case "big_y:0" -> Tensor.zeros(DataType.FLOAT, Shape.of(BIG));
            case "two_q:0" -> request.feeds().get(1).value();
            default -> first;
        };
    }

    /** The length of each example, repeated: tells a test which bytes came in. */
    private static float[] lengths(Tensor examples, int each) {
        float[] lengths = new float[examples.strings().length * each];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = examples.strings()[i / each].length;
        }
        return lengths;
    }

    private static List<Tensor> fail(RunRequest request) {
        String why = new String(request.feeds().get(0).value().strings()[0], StandardCharsets.UTF_8);
        if (why.equals("bug")) {
            throw new IllegalStateException("a bug");
        }
        throw new ServingException(
                ErrorCode.ABORTED, why.equals("priority") ? request.priority().name() : why);
    }
}
