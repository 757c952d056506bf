package dev.hearth.backend.tflite;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.session.PooledSession;
import dev.hearth.engine.session.SessionPool;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A loaded TensorFlow Lite model. A run that has begun goes on to its end: the deadline is looked at before, since most
 * models are one single step to TensorFlow Lite once they are optimized.
 */
final class TfliteServable implements Servable {

    private final TfliteModel model;
    private final SessionPool<Interpreter> pool;
    private final ResourceEstimate resources;
    private final Ticker ticker;
    private final TensorNames names;

    TfliteServable(TfliteModel model, SessionPool<Interpreter> pool, ResourceEstimate resources, Ticker ticker) {
        this.model = model;
        this.pool = pool;
        this.resources = resources;
        this.ticker = ticker;
        try (PooledSession<Interpreter> lease = pool.acquire(Deadline.NONE, "load")) {
            this.names =
                    new TensorNames(lease.session().functions(), lease.session().tensors());
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    @Override
    public Map<String, Signature> signatures() {
        return names.signatures();
    }

    @Override
    public String device() {
        return "CPU:0";
    }

    @Override
    public ResourceEstimate resources() {
        return resources;
    }

    @Override
    public List<Tensor> run(RunRequest request) {
        String signature = signatureOf(request);
        Tensor[] inputs = inputs(signature, request.feeds());
        int[] outputs = outputs(signature, request.fetches());
        try (PooledSession<Interpreter> lease = pool.acquire(request.deadline(), "run")) {
            if (request.deadline().passed(ticker)) {
                throw ServingException.deadlineExceeded("Timed out waiting for notification");
            }
            return lease.session().run(signature, inputs, outputs);
        }
    }

    /** Holds every interpreter for a moment: each runs one request at a time, and may be the broken one. */
    @Override
    public void probe(RunRequest request) {
        String signature = signatureOf(request);
        Tensor[] inputs = inputs(signature, request.feeds());
        int[] outputs = outputs(signature, request.fetches());
        List<PooledSession<Interpreter>> held = new ArrayList<>();
        try {
            while (held.size() < pool.permits()) {
                PooledSession<Interpreter> lease = pool.acquire(request.deadline(), "probe");
                held.add(lease);
                lease.session().run(signature, inputs, outputs);
            }
        } finally {
            held.forEach(PooledSession::close);
        }
    }

    private String signatureOf(RunRequest request) {
        if (request.fetches().isEmpty()) {
            throw ServingException.invalidArgument("Must specify at least one target to fetch or execute.");
        }
        return names.output(request.fetches().get(0)).signature();
    }

    private Tensor[] inputs(String signature, List<Feed> feeds) {
        List<TensorSpec> specs = names.inputsOf(signature);
        Tensor[] inputs = new Tensor[specs.size()];
        for (int i = 0; i < feeds.size(); i++) {
            TensorNames.Place place = names.input(feeds.get(i).tensorName());
            requireOneSignature(signature, place);
            Tensor value = feeds.get(i).value();
            TensorSpec spec = specs.get(place.index());
            if (value.type() != spec.type()) {
                throw ServingException.invalidArgument("Expects arg[" + i + "] to be "
                        + spec.type().typeName() + " but " + value.type().typeName() + " is provided");
            }
            inputs[place.index()] = value;
        }
        for (int i = 0; i < inputs.length; i++) {
            if (inputs[i] == null) {
                throw ServingException.invalidArgument("You must feed a value for placeholder tensor '"
                        + specs.get(i).tensorName() + "' with dtype "
                        + specs.get(i).type().typeName());
            }
        }
        return inputs;
    }

    private int[] outputs(String signature, List<String> fetches) {
        int[] outputs = new int[fetches.size()];
        for (int i = 0; i < outputs.length; i++) {
            TensorNames.Place place = names.output(fetches.get(i));
            requireOneSignature(signature, place);
            outputs[i] = place.index();
        }
        return outputs;
    }

    private static void requireOneSignature(String signature, TensorNames.Place place) {
        if (!place.signature().equals(signature)) {
            throw ServingException.unimplemented("TensorFlow Lite runs one signature at a time, not both " + signature
                    + " and " + place.signature());
        }
    }

    @Override
    public void quarantine(Thread thread) {
        // Where the run was still waiting for an interpreter, none is lost.
        var unused = pool.quarantine(thread);
    }

    @Override
    public void close() {
        pool.close();
        model.release();
    }
}
