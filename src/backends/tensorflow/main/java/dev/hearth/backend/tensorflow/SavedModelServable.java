package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.session.PooledSession;
import dev.hearth.engine.session.SessionPool;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.tensorflow.internal.c_api.TF_Buffer;

/** A loaded SavedModel. */
final class SavedModelServable implements Servable {

    private static final Logger LOG = Logger.getLogger(SavedModelServable.class);

    private final Map<String, Signature> signatures;
    private final RankGuard ranks;
    private final DeviceSpread devices;
    private final ResourceEstimate resources;
    private final SessionPool<TfSession> pool;
    private final RunStyle style;
    private final boolean compilesShapes;

    SavedModelServable(
            MetaGraph metaGraph,
            DeviceSpread devices,
            ResourceEstimate resources,
            SessionPool<TfSession> pool,
            RunStyle style,
            boolean compilesShapes) {
        this.signatures = metaGraph.signatures();
        this.ranks = metaGraph.ranks();
        this.devices = devices;
        this.resources = resources;
        this.pool = pool;
        this.style = style;
        this.compilesShapes = compilesShapes;
    }

    @Override
    public Map<String, Signature> signatures() {
        return signatures;
    }

    @Override
    public String device() {
        return String.join(", ", devices.runs().keySet());
    }

    @Override
    public Map<String, Long> runsByDevice() {
        return devices.runs();
    }

    @Override
    public ResourceEstimate resources() {
        return resources;
    }

    @Override
    public boolean compilesShapes() {
        return compilesShapes;
    }

    @Override
    public List<Tensor> run(RunRequest request) {
        ranks.check(request.feeds());
        try (PooledSession<TfSession> lease = pool.acquire(request.deadline(), "run")) {
            return run(lease.session(), request);
        } catch (ServingException e) {
            throw KernelErrors.ofRun(request.feeds(), e);
        }
    }

    @Override
    public void probe(RunRequest request) {
        ranks.check(request.feeds());
        pool.sessions().forEach(session -> run(session, request));
    }

    private List<Tensor> run(TfSession session, RunRequest request) {
        Plans.Choice choice = session.plans().choose(new PlanKey(request));
        RunPlan plan = choice.plan();
        long elements = elements(request);
        TF_Buffer options = style.optionsFor(plan.times(), elements, request.deadline());
        boolean first = plan.times().isNew();
        long begin = style.ticker().nanos();
        devices.ran(session);
        List<Tensor> outputs = session.run(plan, options, request.feeds());
        plan.times().add(elements, style.ticker().nanos() - begin);
        if (first) {
            warmOthers(session, request);
        }
        return choice.wanted(outputs);
    }

    private static long elements(RunRequest request) {
        long sum = 0;
        for (Feed feed : request.feeds()) {
            sum += feed.value().shape().elements();
        }
        return sum;
    }

    /**
     * The first run of a plan optimizes and compiles its graph, session by session. Whoever warms a model up, or sends
     * the first request, warms all copies, so that no later request meets a cold one.
     */
    private void warmOthers(TfSession warm, RunRequest request) {
        for (TfSession session : pool.sessions()) {
            RunPlan plan = session == warm
                    ? null
                    : session.plans().choose(new PlanKey(request)).plan();
            if (plan != null && plan.times().isNew()) {
                try {
                    long elements = elements(request);
                    TF_Buffer options = style.optionsFor(plan.times(), elements, request.deadline());
                    long begin = style.ticker().nanos();
                    session.run(plan, options, request.feeds());
                    plan.times().add(elements, style.ticker().nanos() - begin);
                } catch (ServingException e) {
                    LOG.debugf("Warming another session failed: %s", e.getMessage());
                }
            }
        }
    }

    @Override
    public void quarantine(Thread thread) {
        boolean held = pool.quarantine(thread);
        LOG.debugf("A session is given up: %s", held);
    }

    @Override
    public void close() {
        pool.close();
        NativeHeap.trim();
    }
}
