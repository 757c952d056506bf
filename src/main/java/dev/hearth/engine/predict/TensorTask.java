package dev.hearth.engine.predict;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.batching.BatchTask;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import dev.hearth.engine.trace.CallTrace;
import dev.hearth.engine.trace.CurrentTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One request in a batch queue; the future of its fetched tensors. Joins its parts where it was cut. */
final class TensorTask extends PendingRun implements BatchTask {

    private final ServableHandle handle;
    private final RunRequest request;
    private final int rows;
    private final SignatureMetrics metrics;
    private final CallTrace trace = CurrentTrace.get();

    @GuardedBy("this")
    private @Nullable TreeMap<Integer, List<Tensor>> parts;

    @GuardedBy("this")
    private int rowsGiven;

    TensorTask(ServableHandle handle, RunRequest request, int rows, SignatureMetrics metrics) {
        this.handle = handle;
        this.request = request;
        this.rows = rows;
        this.metrics = metrics;
    }

    ServableHandle handle() {
        return handle;
    }

    RunRequest request() {
        return request;
    }

    CallTrace trace() {
        return trace;
    }

    SignatureMetrics metrics() {
        return metrics;
    }

    @Override
    public int size() {
        return rows;
    }

    @Override
    public Deadline deadline() {
        return request.deadline();
    }

    @Override
    public Priority priority() {
        return request.priority();
    }

    @Override
    public boolean cancelled() {
        return unwanted();
    }

    @Override
    public void refused(String reason) {
        metrics.refused(reason);
    }

    /** Rows {@code from} to {@code from + count} of the answer; the last missing ones complete it. */
    void give(int from, int count, List<Tensor> part) {
        if (count == rows) {
            complete(part);
            return;
        }
        List<List<Tensor>> all;
        synchronized (this) {
            if (parts == null) {
                parts = new TreeMap<>();
            }
            parts.put(from, part);
            rowsGiven += count;
            if (rowsGiven < rows) {
                return;
            }
            all = new ArrayList<>(parts.values());
        }
        try {
            complete(join(all));
        } catch (RuntimeException e) {
            fail(ServingException.from(e));
        }
    }

    private static List<Tensor> join(List<List<Tensor>> parts) {
        List<Tensor> joined = new ArrayList<>();
        for (int i = 0; i < parts.get(0).size(); i++) {
            int output = i;
            joined.add(
                    Tensor.concat(parts.stream().map(part -> part.get(output)).toList()));
        }
        return joined;
    }
}
