package dev.hearth.engine.healing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.healing.HealingStatus.Phase;
import dev.hearth.engine.healing.Probes.Probe;
import dev.hearth.engine.healing.Suspicion.Failure;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A loaded version that is opened anew when it stops working; to everybody else it stays the same servable.
 *
 * <pre>
 *   suspicion: runs of single requests keep failing with what may be the model's fault
 *      | probe: a request that it has answered before
 *      |-- answered: the requests are at fault; nothing happens, and the next probe waits for longer
 *      '-- fails: requests are refused (HEALING), the old opening is closed, another is opened and probed
 *              |-- answered: it serves again
 *              '-- fails: requests stay refused (BROKEN), the next try waits, each time for longer
 * </pre>
 *
 * <p>Where no request is known that it has answered, failing is no proof: then it is opened anew beside the old opening,
 * which serves until it is replaced, and no request is refused.
 *
 * <p>Invariants: there is one examination at a time, on a healing thread; no lock is held while anything native runs; runs
 * that have begun end on the opening they began on, which is closed after the last of them.
 */
final class GuardedServable implements Servable {

    private static final Logger LOG = Logger.getLogger(SelfHealing.class);

    private static final long SHORTEST_HINT_NANOS = Duration.ofSeconds(1).toNanos();

    private final ServableId id;
    private final Map<String, Signature> signatures;
    private final Supplier<Servable> opener;
    private final SelfHealing healing;
    private final Pauses probePauses;
    private final Pauses repairPauses;
    private final Suspicion suspicion;
    private final HungRuns hung;

    private volatile Generation generation;
    private volatile HealingStatus status = HealingStatus.WELL;

    /** What requests are answered with instead of being run; null while it serves. */
    private volatile @Nullable ServingException refusal;

    private volatile @Nullable Probes probes;

    /** The probe that was not answered; of the examination. */
    private @Nullable Probe failed;

    @GuardedBy("this")
    private @Nullable CompletableFuture<Void> examination;

    @GuardedBy("this")
    private DelayScheduler.@Nullable Cancellable retry;

    @GuardedBy("this")
    private boolean closed;

    GuardedServable(ServableId id, Servable first, Supplier<Servable> opener, SelfHealing healing) {
        this.id = id;
        this.signatures = first.signatures();
        this.generation = new Generation(first);
        this.opener = opener;
        this.healing = healing;
        HealingOptions options = healing.options();
        this.suspicion = new Suspicion(options.failures());
        this.hung = new HungRuns(id, options.mostHung(), healing.metrics());
        this.probePauses = new Pauses(options.firstPause(), options.longestProbePause());
        this.repairPauses = new Pauses(options.firstPause(), options.longestRepairPause());
    }

    void watch(Probes newProbes) {
        probes = newProbes;
    }

    HealingStatus status() {
        HealingStatus now = status;
        RefusedException full = hung.refusal();
        boolean serves = now.phase() == Phase.SERVING && full == null;
        return serves && hung.count() == 0
                ? now
                : new HealingStatus(
                        full == null ? now.phase() : Phase.HUNG,
                        full == null ? now.reason() : full,
                        now.heals(),
                        now.failedTries(),
                        hung.count());
    }

    @Override
    public Map<String, Signature> signatures() {
        return signatures;
    }

    @Override
    public String device() {
        return generation.servable().device();
    }

    @Override
    public Map<String, Long> runsByDevice() {
        return generation.servable().runsByDevice();
    }

    @Override
    public boolean compilesShapes() {
        return generation.servable().compilesShapes();
    }

    @Override
    public ResourceEstimate resources() {
        return generation.servable().resources();
    }

    @Override
    public List<Tensor> run(RunRequest request) {
        Generation on = enter();
        List<Tensor> outputs;
        try {
            outputs = on.servable().run(request);
        } catch (Throwable t) {
            left(on);
            suspect(on, request, ServingException.from(t));
            throw t;
        }
        left(on);
        suspicion.answered();
        return outputs;
    }

    private void left(Generation on) {
        on.leave();
        if (hung.count() > 0 && hung.ended(Thread.currentThread())) {
            healing.changed(id);
        }
    }

    /** The run keeps its opening open; what is opened next is another. */
    @Override
    public void quarantine(Thread thread) {
        if (hung.began(thread)) {
            healing.changed(id);
        }
        generation.servable().quarantine(thread);
    }

    private Generation enter() {
        while (true) {
            ServingException refused = refusal;
            if (refused == null) {
                refused = hung.refusal();
            }
            if (refused != null) {
                throw refused;
            }
            Generation now = generation;
            if (now.enter()) {
                return now;
            }
            // It was retired in between: then there is another, or a refusal.
            Thread.onSpinWait();
        }
    }

    private void suspect(Generation on, RunRequest request, ServingException error) {
        boolean counts = probes != null && on == generation;
        if (counts
                && suspicion.failed(request, error)
                && probePauses.waitNanos(healing.ticker().nanos()) == 0) {
            begin();
        }
    }

    /** Has it examined, unless that is going on. */
    private void begin() {
        synchronized (this) {
            if (closed || examination != null) {
                return;
            }
            examination = new CompletableFuture<>();
        }
        try {
            healing.threads().execute(this::examine);
        } catch (RejectedExecutionException shuttingDown) {
            end(null);
        }
    }

    private void examine() {
        Duration again = null;
        try {
            Failure cause = suspicion.last();
            if (isClosed()) {
                return;
            }
            if (failed != null) {
                again = repair(failed);
            } else if (cause != null) {
                again = lookInto(cause);
            }
        } catch (Throwable t) {
            LOG.errorf(t, "Examining %s failed", id);
            again = failed == null ? null : healing.options().longestRepairPause();
        } finally {
            end(again);
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private void end(@Nullable Duration again) {
        CompletableFuture<Void> ended;
        synchronized (this) {
            ended = examination;
            examination = null;
            if (again != null && !closed) {
                retry = healing.scheduler().schedule(this::begin, again);
            }
        }
        if (ended != null) {
            ended.complete(null);
        }
    }

    /** Finds out whose fault it is, and repairs what can be; returns when to try again, null for not at all. */
    private @Nullable Duration lookInto(Failure cause) {
        Probes all = probes;
        Probe probe = all == null ? null : all.fitting(cause.fetches());
        ServingException found = probe == null ? cause.error() : ask(generation, probe);
        if (found == null) {
            LOG.infof(
                    "%s keeps failing requests with %s: %s; it answers its probe, so they are at fault",
                    id, cause.error().code(), cause.error().getMessage());
            probePauses.took(healing.ticker().nanos());
            suspicion.clear();
            return null;
        }
        if (isClosed()) {
            return null;
        }
        long wait = repairPauses.waitNanos(healing.ticker().nanos());
        if (probe != null && probe.proven()) {
            failed = probe;
            LOG.warnf("%s does not answer its probe any more: %s: %s", id, found.code(), found.getMessage());
            refuse(wait > 0 ? Phase.BROKEN : Phase.HEALING, found, 0, wait);
            return wait > 0 ? Duration.ofNanos(wait) : repair(probe);
        }
        probePauses.took(healing.ticker().nanos());
        if (wait == 0) {
            replace(probe, cause.error());
        }
        suspicion.clear();
        return null;
    }

    /** Opens it anew while requests are refused. */
    private @Nullable Duration repair(Probe probe) {
        HealingStatus before = status;
        ServingException reason = before.reason();
        if (reason != null && before.phase() != Phase.HEALING) {
            refuse(Phase.HEALING, reason, before.failedTries(), 0);
        }
        repairPauses.took(healing.ticker().nanos());
        Generation old = generation;
        old.retire();
        if (!old.awaitClosed(healing.options().patience())) {
            LOG.warnf("%s is opened anew while runs on it do not end", id);
        }
        long begun = healing.ticker().nanos();
        Generation fresh = null;
        ServingException trouble;
        try {
            fresh = open();
            trouble = ask(fresh, probe);
        } catch (Throwable t) {
            trouble = ServingException.from(t);
        }
        tried(begun, trouble);
        if (trouble == null && fresh != null) {
            failed = null;
            install(fresh);
            return null;
        }
        if (fresh != null) {
            fresh.retire();
        }
        long wait = Math.max(1, repairPauses.waitNanos(healing.ticker().nanos()));
        if (trouble != null) {
            int tries = before.failedTries() + 1;
            LOG.errorf(
                    "%s could not be mended (try %d), trying again in %d ms: %s: %s",
                    id, tries, Duration.ofNanos(wait).toMillis(), trouble.code(), trouble.getMessage());
            refuse(Phase.BROKEN, trouble, tries, wait);
        }
        return Duration.ofNanos(wait);
    }

    /** Opens it anew beside what serves, on suspicion only. */
    private void replace(@Nullable Probe probe, ServingException suspected) {
        LOG.warnf(
                "%s keeps failing and has no probe that it is known to answer; it is opened anew: %s: %s",
                id, suspected.code(), suspected.getMessage());
        repairPauses.took(healing.ticker().nanos());
        long begun = healing.ticker().nanos();
        Generation fresh;
        try {
            fresh = open();
        } catch (Throwable t) {
            ServingException trouble = ServingException.from(t);
            tried(begun, trouble);
            LOG.errorf("%s could not be opened anew: %s: %s", id, trouble.code(), trouble.getMessage());
            return;
        }
        Probes all = probes;
        if (probe != null && ask(fresh, probe) != null && all != null) {
            all.remove(probe);
        }
        tried(begun, null);
        Generation old = generation;
        install(fresh);
        old.retire();
    }

    private Generation open() {
        Servable opened = opener.get();
        if (!opened.signatures().equals(signatures)) {
            opened.close();
            throw ServingException.failedPrecondition(
                    "The version's folder has other signatures than when it was loaded; new content needs a new number");
        }
        return new Generation(opened);
    }

    private void install(Generation fresh) {
        synchronized (this) {
            if (!closed) {
                generation = fresh;
                refusal = null;
                suspicion.clear();
                status = new HealingStatus(Phase.SERVING, null, status.heals() + 1, 0);
            }
        }
        if (generation != fresh) {
            fresh.retire();
            return;
        }
        LOG.infof("%s was opened anew and serves", id);
        healing.changed(id);
    }

    private void refuse(Phase phase, ServingException reason, int failedTries, long waitNanos) {
        synchronized (this) {
            if (closed) {
                return;
            }
            refusal = new RefusedException(
                    ErrorCode.UNAVAILABLE,
                    "Model " + id + " has stopped working and is being opened anew: " + reason.getMessage(),
                    Duration.ofNanos(Math.max(SHORTEST_HINT_NANOS, waitNanos)));
            status = new HealingStatus(phase, reason, status.heals(), failedTries);
        }
        healing.changed(id);
    }

    /** What the probe failed with; null when it was answered. */
    private @Nullable ServingException ask(Generation on, Probe probe) {
        if (!on.enter()) {
            return ServingException.cancelled("The version is being unloaded");
        }
        ServingException error = null;
        try {
            Deadline deadline = Deadline.after(healing.options().probeLimit(), healing.ticker());
            on.servable()
                    .probe(new RunRequest(
                            probe.request().feeds(), probe.request().fetches(), deadline));
            probe.answered();
        } catch (Throwable t) {
            error = ServingException.from(t);
        } finally {
            on.leave();
        }
        healing.metrics().probed(id, outcome(error));
        return error;
    }

    private void tried(long begunNanos, @Nullable ServingException error) {
        Duration took = Duration.ofNanos(healing.ticker().nanos() - begunNanos);
        healing.metrics().healed(id, took, outcome(error));
    }

    private static String outcome(@Nullable ServingException error) {
        return error == null ? ServingMetrics.OK : error.code().name();
    }

    /** Waits for an examination that has begun, bounded; what it opens after that is closed by it. */
    @Override
    public void close() {
        CompletableFuture<Void> going;
        synchronized (this) {
            closed = true;
            going = examination;
            if (retry != null) {
                retry.cancel();
            }
            refusal = new ServingException(ErrorCode.UNAVAILABLE, "Model " + id + " is unloaded");
        }
        healing.gone(id, this);
        Generation last = generation;
        last.retire();
        if (going != null && !Generation.await(going, healing.options().probeLimit())) {
            LOG.warnf("%s is unloaded while it is still being examined", id);
        }
        last.checkClosed();
    }
}
