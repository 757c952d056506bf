package dev.hearth.backend.tensorflow;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphOperationByName;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OperationNumOutputs;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SessionRun;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunPhases;
import dev.hearth.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_Tensor;

/**
 * One set of fed and fetched tensors on one session, resolved to the graph's operations once. Any number of threads may
 * run it at once; close it before its session.
 */
final class RunPlan implements AutoCloseable {

    private final int feedCount;
    private final int fetchCount;
    private final TF_Output feeds;
    private final TF_Output fetches;
    private final RunTimes times = new RunTimes();
    private final Queue<Scratch> scratches = new ConcurrentLinkedQueue<>();

    /**
     * Resolves the names.
     *
     * @throws ServingException NOT_FOUND with TensorFlow's text when the graph lacks one
     */
    RunPlan(TF_Graph graph, PlanKey key) {
        feedCount = key.feedNames().size();
        fetchCount = key.fetches().size();
        feeds = new TF_Output(Math.max(1, feedCount));
        fetches = new TF_Output(Math.max(1, fetchCount));
        try {
            resolve(graph, key.feedNames(), feeds);
            resolve(graph, key.fetches(), fetches);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static void resolve(TF_Graph graph, List<String> names, TF_Output outputs) {
        for (int i = 0; i < names.size(); i++) {
            TensorName name = TensorName.parse(names.get(i));
            TF_Operation operation = TF_GraphOperationByName(graph, name.operation());
            if (operation == null || operation.isNull() || name.index() >= TF_OperationNumOutputs(operation)) {
                throw ServingException.notFound("Tensor " + names.get(i)
                        + ", specified in either feed_devices or fetch_devices was not found in the Graph");
            }
            outputs.getPointer(i).oper(operation).index(name.index());
        }
    }

    RunTimes times() {
        return times;
    }

    List<Tensor> run(TF_Session session, @Nullable TF_Buffer runOptions, List<Feed> values) {
        return run(session, runOptions, values, RunPlan::decode);
    }

    /** @param take what becomes of the outputs, in the order of the fetches; they are deleted when it returns */
    <R> R run(
            TF_Session session, @Nullable TF_Buffer runOptions, List<Feed> values, Function<List<TF_Tensor>, R> take) {
        Scratch scratch = scratches.poll();
        if (scratch == null) {
            scratch = new Scratch(feedCount, fetchCount);
        }
        try {
            run(session, runOptions, values, scratch);
            return takeOutputs(scratch.made, take);
        } finally {
            scratches.add(scratch);
        }
    }

    private void run(TF_Session session, @Nullable TF_Buffer runOptions, List<Feed> values, Scratch scratch) {
        TF_Tensor[] given = new TF_Tensor[feedCount];
        try {
            for (int i = 0; i < feedCount; i++) {
                given[i] = NativeTensors.encode(values.get(i).value());
                scratch.given.put(i, given[i]);
            }
            RunPhases phases = RunPhases.here();
            phases.inputsReady();
            TF_SessionRun(
                    session,
                    runOptions,
                    feeds,
                    scratch.given,
                    feedCount,
                    fetches,
                    scratch.made,
                    fetchCount,
                    (PointerPointer<?>) null,
                    0,
                    null,
                    scratch.status.handle());
            phases.modelDone();
        } finally {
            for (TF_Tensor tensor : given) {
                if (tensor != null) {
                    TF_DeleteTensor(tensor);
                }
            }
        }
        scratch.status.check();
    }

    private <R> R takeOutputs(PointerPointer<Pointer> made, Function<List<TF_Tensor>, R> take) {
        List<TF_Tensor> outputs = new ArrayList<>(fetchCount);
        for (int i = 0; i < fetchCount; i++) {
            outputs.add(new TF_Tensor(made.get(i)));
        }
        try {
            return take.apply(outputs);
        } finally {
            for (TF_Tensor output : outputs) {
                TF_DeleteTensor(output);
            }
        }
    }

    private static List<Tensor> decode(List<TF_Tensor> outputs) {
        List<Tensor> answer = new ArrayList<>(outputs.size());
        for (TF_Tensor output : outputs) {
            answer.add(NativeTensors.decode(output));
        }
        return answer;
    }

    @Override
    public void close() {
        for (Scratch scratch = scratches.poll(); scratch != null; scratch = scratches.poll()) {
            scratch.close();
        }
        feeds.deallocate();
        fetches.deallocate();
    }

    /** Native memory that one run needs and the next can use again. */
    private static final class Scratch implements AutoCloseable {

        final Status status = new Status();
        final PointerPointer<Pointer> given;
        final PointerPointer<Pointer> made;

        Scratch(int feedCount, int fetchCount) {
            given = new PointerPointer<>(Math.max(1, feedCount));
            made = new PointerPointer<>(Math.max(1, fetchCount));
        }

        @Override
        public void close() {
            given.deallocate();
            made.deallocate();
            status.close();
        }
    }
}
