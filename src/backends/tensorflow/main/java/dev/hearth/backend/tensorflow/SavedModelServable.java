package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.session.PooledSession;
import dev.hearth.engine.session.SessionPool;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A loaded SavedModel. */
final class SavedModelServable implements Servable {

    private final Map<String, Signature> signatures;
    private final Devices devices;
    private final ResourceEstimate resources;
    private final SessionPool<TfSession> pool;
    private final RunStyle style;

    SavedModelServable(
            Map<String, Signature> signatures,
            Devices devices,
            ResourceEstimate resources,
            SessionPool<TfSession> pool,
            RunStyle style) {
        this.signatures = signatures;
        this.devices = devices;
        this.resources = resources;
        this.pool = pool;
        this.style = style;
    }

    @Override
    public Map<String, Signature> signatures() {
        return signatures;
    }

    @Override
    public String device() {
        return devices.main();
    }

    @Override
    public ResourceEstimate resources() {
        return resources;
    }

    @Override
    public List<Tensor> run(RunRequest request) {
        try (PooledSession<TfSession> lease = pool.acquire(request.deadline(), "run")) {
            TfSession session = lease.session();
            RunPlan plan = session.plan(new PlanKey(request));
            long remaining = request.deadline().remainingNanos(style.ticker());
            if (remaining <= 0) {
                throw ServingException.deadlineExceeded("Timed out waiting for notification");
            }
            return session.run(plan, RunOptionsBuffers.pooled(remaining), request.feeds());
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
