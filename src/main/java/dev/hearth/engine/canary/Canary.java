package dev.hearth.engine.canary;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import java.util.Optional;
import java.util.OptionalLong;
import org.jboss.logging.Logger;

/**
 * The trial of one model's candidate: who is who among the versions available, what was counted, and whether it is over. A
 * candidate that was rolled back stays so until another version is the candidate. Thread-safe.
 */
final class Canary {

    private static final Logger LOG = Logger.getLogger(Canary.class);

    private final ModelName model;
    private final CanaryOptions options;
    private final ServingMetrics metrics;

    /** Set together when the versions available change; racing readers see one trial or the other. */
    private volatile Roles roles = new Roles(OptionalLong.empty(), OptionalLong.empty());

    @GuardedBy("this")
    private CanaryCounts counts = CanaryCounts.NONE;

    @GuardedBy("this")
    private long skipped;

    @GuardedBy("this")
    private String lastDifference = "";

    private volatile String rolledBack = "";

    /** Who is who; both empty while there are no two versions. */
    record Roles(OptionalLong candidate, OptionalLong stable) {

        boolean complete() {
            return candidate.isPresent() && stable.isPresent();
        }

        /**
         * A pure function.
         *
         * @param available versions, ascending
         */
        static Roles of(long[] available, OptionalLong wanted) {
            if (available.length < 2) {
                return new Roles(OptionalLong.empty(), OptionalLong.empty());
            }
            long candidate = wanted.orElse(available[available.length - 1]);
            OptionalLong stable = OptionalLong.empty();
            boolean there = false;
            for (long version : available) {
                there |= version == candidate;
                stable = version == candidate ? stable : OptionalLong.of(version);
            }
            return there
                    ? new Roles(OptionalLong.of(candidate), stable)
                    : new Roles(OptionalLong.empty(), OptionalLong.empty());
        }
    }

    Canary(ModelName model, CanaryOptions options, ServingMetrics metrics) {
        this.model = model;
        this.options = options;
        this.metrics = metrics;
    }

    CanaryOptions options() {
        return options;
    }

    /** The versions that are available changed. */
    synchronized void available(long... versions) {
        Roles now = Roles.of(versions, options.version());
        if (now.equals(roles)) {
            return;
        }
        boolean fresh =
                !now.candidate().equals(roles.candidate()) && now.candidate().isPresent();
        roles = now;
        if (fresh) {
            counts = CanaryCounts.NONE;
            skipped = 0;
            lastDifference = "";
            rolledBack = "";
            LOG.infof(
                    "%s: version %d is tried out beside version %d",
                    model, now.candidate().getAsLong(), now.stable().orElse(-1));
        }
    }

    Roles roles() {
        return roles;
    }

    /** Whether the candidate still gets requests. */
    boolean running() {
        return roles.complete() && rolledBack.isEmpty();
    }

    /** A request has been answered by one of the two. */
    void answered(long version, boolean error, long nanos) {
        Roles now = roles;
        if (!now.complete()) {
            return;
        }
        if (version == now.candidate().getAsLong()) {
            judge(true, error, nanos);
        } else if (version == now.stable().getAsLong()) {
            judge(false, error, nanos);
        }
    }

    private synchronized void judge(boolean candidate, boolean error, long nanos) {
        counts = candidate ? counts.withCandidate(error, nanos) : counts.withStable(error, nanos);
        decide();
    }

    /** Two answers were compared. */
    synchronized void compared(Optional<String> difference) {
        difference.ifPresent(text -> lastDifference = text);
        counts = counts.withComparison(difference.isPresent());
        decide();
    }

    synchronized void skippedCopy() {
        skipped++;
    }

    @GuardedBy("this")
    private void decide() {
        if (!running()) {
            return;
        }
        Optional<String> reason = counts.verdict(options);
        if (reason.isPresent()) {
            rolledBack = reason.get();
            ServableId id = new ServableId(model, roles.candidate().getAsLong());
            LOG.errorf("%s gets no more requests: %s", id, reason.get());
            metrics.rolledBack(id);
        }
    }

    synchronized CanaryStatus status() {
        return new CanaryStatus(
                options, roles.candidate(), roles.stable(), rolledBack, counts, skipped, lastDifference);
    }
}
