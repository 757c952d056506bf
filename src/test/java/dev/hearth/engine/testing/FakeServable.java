package dev.hearth.engine.testing;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A servable whose answers a test gives as a function; remembers every run. Thread-safe. */
public final class FakeServable implements Servable {

    private final Map<String, Signature> signatures = new LinkedHashMap<>();
    private final Function<RunRequest, List<Tensor>> answer;
    private final List<RunRequest> runs = new CopyOnWriteArrayList<>();
    private volatile boolean compiling;

    public FakeServable(Function<RunRequest, List<Tensor>> answer, Signature... signatures) {
        this.answer = answer;
        for (Signature signature : signatures) {
            this.signatures.put(signature.name(), signature);
        }
    }

    /** Gives each fetched tensor the value of the first feed. */
    public static FakeServable echo(Signature... signatures) {
        return new FakeServable(
                request -> request.fetches().stream()
                        .map(name -> request.feeds().get(0).value())
                        .toList(),
                signatures);
    }

    /** It says of itself that it compiles for every shape. */
    public FakeServable compiling() {
        compiling = true;
        return this;
    }

    @Override
    public boolean compilesShapes() {
        return compiling;
    }

    /** Every run so far, in the order they began. */
    public List<RunRequest> runs() {
        return runs;
    }

    /** A handle that may be closed at will. */
    public ServableHandle handle(String model, long version) {
        ServableId id = new ServableId(model, version);
        Servable servable = this;
        return new ServableHandle() {
            @Override
            public ServableId id() {
                return id;
            }

            @Override
            public Servable servable() {
                return servable;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Map<String, Signature> signatures() {
        return signatures;
    }

    @Override
    public String device() {
        return "FAKE:0";
    }

    @Override
    public ResourceEstimate resources() {
        return ResourceEstimate.NONE;
    }

    @Override
    public List<Tensor> run(RunRequest request) {
        runs.add(request);
        return answer.apply(request);
    }

    @Override
    public void close() {}
}
