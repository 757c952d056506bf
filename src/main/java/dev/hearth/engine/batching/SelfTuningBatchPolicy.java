package dev.hearth.engine.batching;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.time.Deadline;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides from measured service times, without settings.
 *
 * <ul>
 *   <li>An idle device starts whatever waits, at once; a batch is never made smaller to save its first request.
 *   <li>Another batch is started beside running ones only when that pays: when more get done together and the batch is
 *       nearly as efficient as a full one, or when its rows gain more than the running rows lose. Not for a wait that is
 *       shorter than waking a thread.
 *   <li>A request gets in only if its predicted finish is inside its deadline, at the pace of the last batches and with a
 *       margin learned from how promises were kept; batches are made for the time beside that margin; an idle device always takes one, so that a wrong prediction cannot shut everybody out. What can no
 *       longer make it is dropped before compute is spent.
 *   <li>Earliest deadline first within a priority; every priority is as if its requests had come a second earlier or
 *       later, so that nothing waits for ever.
 * </ul>
 *
 * <p>Sources: Nexus (SOSP 2019) for dropping early instead of shrinking, Clockwork (OSDI 2020) for refusing by prediction,
 * Symphony (2023) against starting on every free session; docs/tuning.md explains the rules to users, docs/adr says what
 * was tried.
 *
 * <p>Not thread-safe: the scheduler's lock guards it, its profile included.
 */
public final class SelfTuningBatchPolicy implements BatchPolicy {

    /** Waking a thread, merging and splitting cost about this; what is over sooner is not worth a second thread. */
    static final long WAKING_NANOS = 50_000;

    /** Of the time left, so much may be planned with. */
    private static final double PLANNED = 0.97;

    /** Together must get this much more done than apart. */
    private static final double WORTHWHILE = 1.03;

    private static final double NEARLY_FULL = 0.9;

    private static final double FOLLOW = 0.05;

    /** The last few batches say how fast the machine is now. */
    private static final double FOLLOW_PACE = 0.25;

    /** One batch in so many tries whether more would gain. */
    private static final int TRY = 64;

    private static final int TRY_AT_ONCE = 32;

    /** Where it has been tried often. */
    private static final int TRY_SETTLED = 1024;

    /** What memory did not suffice for may fit later, where others took it. */
    private static final long TRY_MORE_NANOS = Duration.ofMinutes(1).toNanos();

    private static final long PRIORITY_STEP_NANOS = Duration.ofSeconds(1).toNanos();
    private static final Step WAIT = new Step.Wait();

    private final ServiceProfile profile;
    private final SelfTuningOptions options;
    private final int learnedRows;
    private int mostRows = Integer.MAX_VALUE;
    private long mostRowsSinceNanos;
    private final PromiseMargin margin = new PromiseMargin();
    private final OverloadRefusals overload = new OverloadRefusals();
    private final SignatureMetrics metrics;
    private BatchFit fit;
    private final UsualTime usualTime = new UsualTime();
    private double pace = 1;
    private double meanAtOnce = 1;
    private double meanRows = 1;
    private double gapNanos;
    private long lastNanos = Long.MIN_VALUE;
    private final Map<Reason, Long> starts = new EnumMap<>(Reason.class);
    private final Map<Refusal, Long> refusals = new EnumMap<>(Refusal.class);
    private long batches;
    private long rows;
    private long answers;
    private long late;

    /** Why a batch was started. */
    public enum Reason {
        IDLE,
        TRYING,
        MORE_GETS_DONE,
        ROWS_GAIN,
        OVERDUE,
        DRAINING;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** For metrics and pages. */
        public String label() {
            return label;
        }
    }

    /** Why a task was not taken in or not run. */
    public enum Refusal {
        DEADLINE_CANNOT_BE_MET,
        QUEUE_FULL,
        NO_LONGER_IN_TIME;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** For metrics and pages. */
        public String label() {
            return label;
        }
    }

    /**
     * What the policy knows and has done.
     *
     * @param bestRows what batches would have if no request had a deadline
     * @param bestAtOnce how many would run at once then
     * @param batchRows the largest batch now: a run must leave half of the usual time to deadlines for waiting
     * @param atOnce batches at once beyond which nothing is gained, or deadlines would be missed
     * @param mostRows of a batch, since more could not be run; null where that was not seen, or is forgotten
     * @param pace how many times longer than the profile says batches take just now
     * @param usualTime that requests leave until their deadlines, null while none had any
     * @param margin kept beside predictions so that nearly all promises hold
     * @param meanError of predicted finishes, positive where answers come later
     * @param deviation of predicted finishes from their mean error, on the average
     * @param answers given by batches, failures included; a request that was cut counts once for each batch
     * @param late answers after their deadline
     */
    public record Report(
            int bestRows,
            int bestAtOnce,
            int batchRows,
            int atOnce,
            @Nullable Measured profile,
            @Nullable Integer mostRows,
            double pace,
            @Nullable Duration usualTime,
            Duration margin,
            Duration meanError,
            Duration deviation,
            long batches,
            long rows,
            long answers,
            long late,
            Map<Reason, Long> starts,
            Map<Refusal, Long> refusals) {}

    /**
     * @param profile decides how large batches can get; single requests may be larger
     */
    public SelfTuningBatchPolicy(ServiceProfile profile, SelfTuningOptions options) {
        this(profile, options, SignatureMetrics.NONE);
    }

    /**
     * @param metrics told of starts, refusals and predictions, under the scheduler's lock
     */
    public SelfTuningBatchPolicy(ServiceProfile profile, SelfTuningOptions options, SignatureMetrics metrics) {
        this.metrics = metrics;
        this.profile = profile;
        this.learnedRows = Math.min(profile.largest(), options.maxRows());
        this.options = options;
        this.fit = BatchFit.of(profile, learnedRows, UsualTime.UNHURRIED);
    }

    @Override
    public int maxRows() {
        return options.maxRows();
    }

    @Override
    public boolean cuts(int size) {
        return size > options.maxRows();
    }

    @Override
    public long order(BatchTask task, long nowNanos) {
        long latest = nowNanos + PRIORITY_STEP_NANOS;
        Deadline deadline = due(task.deadline(), nowNanos);
        long due = deadline.unbounded() || deadline.atNanos() - latest > 0 ? latest : deadline.atNanos();
        return switch (task.priority()) {
            case HIGH -> due - PRIORITY_STEP_NANOS;
            case NORMAL -> due;
            case LOW -> due + PRIORITY_STEP_NANOS;
        };
    }

    @Override
    public Deadline due(Deadline deadline, long enqueuedNanos) {
        return deadline.within(options.slo(), enqueuedNanos);
    }

    @Override
    public long promise(QueueState queue, Arrival arrival, long nowNanos) {
        if (!profile.known()) {
            return Long.MIN_VALUE;
        }
        DeviceState device = queue.device();
        int usual = Math.min(fit.atOnce(), device.threads());
        long before = arrival.rowsAhead();
        long all = before + arrival.size();
        long fullAhead = all <= fit.rows() ? 0 : (all - 1) / fit.rows();
        double ahead = fullAhead * pace * profile.runNanos(fit.rows()) + arrival.othersNanos();
        boolean atOnceNow = device.running() == 0 || (device.running() < usual && paysToRunBeside(device, all));
        double start = (atOnceNow ? 0 : device.remainingNanos()) + ahead / profile.speed(usual);
        // Others join until its batch begins.
        double joining = gapNanos == 0 ? 0 : start / gapNanos;
        int own = (int) Math.min(fit.rows(), all - fullAhead * fit.rows() + joining);
        double beside = Math.min(usual, Math.max(meanAtOnce, Math.max(device.running(), fullAhead > 0 ? usual : 1)));
        return nowNanos + (long) (start + pace * profile.runNanos(own) * profile.slowdown(beside));
    }

    /** Rows that get in, by their mean distance in time. */
    private void accepted(int size, long nowNanos) {
        if (lastNanos != Long.MIN_VALUE) {
            double gap = (double) (nowNanos - lastNanos) / size;
            gapNanos += gapNanos == 0 ? gap : FOLLOW * (gap - gapNanos);
        }
        lastNanos = nowNanos;
    }

    @Override
    public @Nullable ServingException refuse(QueueState queue, Arrival arrival, long nowNanos) {
        boolean idle = queue.device().running() == 0 && queue.tasks() == 0;
        if (idle) {
            accepted(arrival.size(), nowNanos);
            return null;
        }
        if (queue.tasks() >= options.maxQueued()) {
            refused(Refusal.QUEUE_FULL);
            return new RefusedException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "The batch queue is full; " + queue.tasks() + " requests are waiting",
                    OverloadRefusals.retry(
                            profile.runNanos(fit.rows()) * Math.ceil(queue.rows() / (2.0 * fit.rows()))));
        }
        Deadline deadline = due(arrival.deadline(), nowNanos);
        if (deadline.unbounded()) {
            usualTime.unhurried();
        } else {
            // A lone row and the one that it waits for.
            usualTime.hurried(deadline.atNanos() - nowNanos, 2 * pace * profile.runNanos(1));
        }
        long promise = deadline.unbounded() ? Long.MIN_VALUE : promise(queue, arrival, nowNanos);
        if (promise == Long.MIN_VALUE) {
            accepted(arrival.size(), nowNanos);
            return null;
        }
        double planned = (deadline.atNanos() - nowNanos) * PLANNED;
        double needed = promise - nowNanos + margin.nanos();
        if (needed <= planned) {
            accepted(arrival.size(), nowNanos);
            return null;
        }
        refused(Refusal.DEADLINE_CANNOT_BE_MET);
        return overload.of(needed, deadline.atNanos() - nowNanos);
    }

    @Override
    public Step step(QueueState queue, long nowNanos) {
        DeviceState device = queue.device();
        if (device.running() == 0) {
            return take(queue);
        }
        if (device.running() >= device.threads()) {
            return WAIT;
        }
        if (queue.draining()
                || paysToRunBeside(queue.device(), queue.rows())
                || isOverdue(queue, nowNanos)
                || triesOneMore(queue)) {
            return take(queue);
        }
        return new Step.LookAgain(queue.headEnqueuedNanos() + overdueNanos());
    }

    private Step take(QueueState queue) {
        if (triesLarger(queue)) {
            return new Step.Take(Math.min(largest(), 2 * fit.rows()));
        }
        return new Step.Take(profile.isPadded() ? full(queue) : fit.rows());
    }

    /** Of what waits, as much as fills a size that is run, where filling up the next one would get less done. */
    private int full(QueueState queue) {
        int waiting = (int) Math.min(queue.rows(), fit.rows());
        int filled = Integer.highestOneBit(waiting);
        boolean gains = waiting / profile.runNanos(waiting) > filled / profile.runNanos(filled);
        return gains ? fit.rows() : filled;
    }

    /**
     * What is measured on a busy machine may be too bad, and what is never tried never gets better. With more waiting than
     * one batch takes, a larger one now and then costs those in it no more than they would have waited for the next.
     */
    private boolean triesLarger(QueueState queue) {
        int every = profile.isSettled(2 * fit.rows()) ? TRY_SETTLED : TRY;
        return batches % every == every - 1 && queue.rows() >= 2L * fit.rows();
    }

    /** The same for one more at once; on a device that has no room for it, both take as long as one after the other. */
    private boolean triesOneMore(QueueState queue) {
        DeviceState device = queue.device();
        return batches % TRY_AT_ONCE == TRY_AT_ONCE - 1
                && device.running() == fit.atOnce()
                && device.running() < profile.threads()
                && device.remainingNanos() >= WAKING_NANOS
                && 2 * queue.rows() >= meanRows;
    }

    /** Behind a batch that takes far longer than any should, nothing waits on and on for its end. */
    private boolean isOverdue(QueueState queue, long nowNanos) {
        return nowNanos - queue.headEnqueuedNanos() - overdueNanos() >= 0;
    }

    private long overdueNanos() {
        return Math.max(20_000_000, (long) (4 * profile.runNanos(fit.rows())));
    }

    private boolean paysToRunBeside(DeviceState device, long waiting) {
        double rem = device.remainingNanos();
        if (rem < WAKING_NANOS) {
            return false;
        }
        int now = device.running();
        boolean more = now < fit.atOnce() && profile.speed(now + 1) >= WORTHWHILE * profile.speed(now);
        if (waiting >= fit.rows()) {
            return more;
        }
        int b = (int) waiting;
        double alone = profile.runNanos(b);
        if (more && profile.runNanos(fit.rows()) / fit.rows() >= NEARLY_FULL * alone / b) {
            return true;
        }
        double slower = profile.slowdown(now + 1.0);
        double slow = profile.slowdown(now);
        return b * (rem + alone * slow - alone * slower) > device.runningRows() * rem * (slower / slow - 1);
    }

    private Reason reason(QueueState queue, long nowNanos) {
        if (queue.device().running() == 0) {
            return Reason.IDLE;
        }
        if (queue.draining()) {
            return Reason.DRAINING;
        }
        if (paysToRunBeside(queue.device(), queue.rows())) {
            return queue.rows() >= fit.rows() ? Reason.MORE_GETS_DONE : Reason.ROWS_GAIN;
        }
        return isOverdue(queue, nowNanos) ? Reason.OVERDUE : Reason.TRYING;
    }

    @Override
    public boolean starts(QueueState queue, long nowNanos) {
        if (mostRows < learnedRows && nowNanos - mostRowsSinceNanos >= TRY_MORE_NANOS) {
            mostRows *= 2;
            mostRowsSinceNanos = nowNanos;
        }
        Reason reason = reason(queue, nowNanos);
        starts.merge(reason, 1L, Long::sum);
        metrics.batchStarted(reason.label());
        // Batches that are started because another one takes long would teach that all beside each other do.
        // Where nothing better is known, that is still something.
        return !profile.isMeasuredTogether() || (reason != Reason.ROWS_GAIN && reason != Reason.OVERDUE);
    }

    @Override
    public @Nullable ServingException drop(QueueState queue, Deadline deadline, long enqueuedNanos, long nowNanos) {
        Deadline due = due(deadline, enqueuedNanos);
        if (due.unbounded()) {
            return null;
        }
        long left = due.atNanos() - nowNanos;
        if (!deadline.unbounded() && deadline.atNanos() - nowNanos <= 0) {
            dropped();
            return ServingException.deadlineExceeded("Deadline exceeded while waiting for a batch");
        }
        DeviceState device = queue.device();
        double needed =
                pace * profile.runNanos(Math.min(fit.rows(), queue.rows())) * profile.slowdown(device.running() + 1.0);
        boolean idleProbe = device.running() == 0 && queue.tasks() == 1;
        if (left >= needed || idleProbe) {
            return null;
        }
        dropped();
        return new RefusedException(
                ErrorCode.RESOURCE_EXHAUSTED,
                "Overloaded: the deadline can no longer be met",
                OverloadRefusals.retry(needed * Math.max(1.0, (double) queue.rows() / fit.rows())));
    }

    @Override
    public long workNanos(long count) {
        long full = count / fit.rows();
        return (long) (full * profile.runNanos(fit.rows())
                + (count % fit.rows() == 0 ? 0 : profile.runNanos(count % fit.rows())));
    }

    @Override
    public long runNanos(int count, int atOnce) {
        return (long) (pace * profile.runNanos(count) * profile.slowdown(atOnce));
    }

    @Override
    public void ran(BatchOutcome outcome) {
        batches++;
        meanRows += FOLLOW * (outcome.rows() - meanRows);
        meanAtOnce += FOLLOW * (outcome.atOnce() - meanAtOnce);
        rows += outcome.rows();
        answers += outcome.tasks();
        late += outcome.missed();
        if (outcome.usual()) {
            pace(outcome);
            profile.observe(outcome.rows(), outcome.nanos(), outcome.atOnce());
        }
        refit(outcome);
        if (outcome.lateNanos() != Long.MIN_VALUE) {
            metrics.predicted(outcome.lateNanos());
        }
        metrics.batching(fit.rows(), margin.nanos());
    }

    /** How many times longer than known of its size the machine takes now: others use it, too, or use it no longer. */
    private void pace(BatchOutcome outcome) {
        double expected = profile.runNanos(outcome.rows()) * profile.slowdown(outcome.atOnce());
        if (profile.isSettled(outcome.rows())) {
            double now = outcome.nanos() / expected;
            pace += FOLLOW_PACE * (Math.max(pace / 2, Math.min(now, 2 * pace)) - pace);
        }
    }

    private void refit(BatchOutcome outcome) {
        boolean unhurried = usualTime.isUnhurried();
        // Half of the time for what nobody expects is enough: more, and a device would idle beside full queues.
        double most = unhurried ? 4 * profile.runNanos(fit.rows()) : usualTime.nanos() / 2;
        margin.observe(outcome, most, profile.isSettled(outcome.rows()));
        double usable =
                unhurried ? UsualTime.UNHURRIED : (usualTime.nanos() - Math.max(0, margin.nanos())) / Math.max(1, pace);
        if (batches % 64 == 0 || fit.isFarFrom(usable)) {
            fit = BatchFit.of(profile, largest(), usable);
        }
    }

    private void dropped() {
        margin.dropped();
        refused(Refusal.NO_LONGER_IN_TIME);
    }

    private void refused(Refusal why) {
        refusals.merge(why, 1L, Long::sum);
        metrics.refused(why.label());
    }

    private int largest() {
        return Math.min(learnedRows, mostRows);
    }

    /**
     * Larger batches cannot be run, most likely for lack of memory. Others may have taken that, so twice as many are tried
     * after a minute. A request that is larger still runs as a whole; under the scheduler's lock.
     *
     * @return the most rows from now on
     */
    public int atMost(int newMostRows, long nowNanos) {
        if (newMostRows < mostRows) {
            mostRows = newMostRows;
            mostRowsSinceNanos = nowNanos;
            fit = BatchFit.of(profile, largest(), fit.budgetNanos());
        }
        return mostRows;
    }

    /** Rows beyond which batches could not be run, {@link Integer#MAX_VALUE} without such; under the scheduler's lock. */
    public int mostRows() {
        return mostRows;
    }

    /** What is known of run times; under the scheduler's lock. Null when nothing is. */
    public @Nullable Measured measured() {
        return profile.measured();
    }

    /** Batches that have run; under the scheduler's lock. */
    public long batches() {
        return batches;
    }

    /** What is known and was done until now; under the scheduler's lock, see {@link BatchScheduler#inspect}. */
    public Report report() {
        BatchFit unhurried = BatchFit.of(profile, largest(), UsualTime.UNHURRIED);
        return new Report(
                unhurried.rows(),
                unhurried.atOnce(),
                fit.rows(),
                fit.atOnce(),
                profile.measured(),
                mostRows < learnedRows ? (Integer) mostRows : null,
                pace,
                usualTime.isUnhurried() ? null : Duration.ofNanos((long) usualTime.nanos()),
                Duration.ofNanos((long) margin.nanos()),
                Duration.ofNanos((long) margin.meanErrorNanos()),
                Duration.ofNanos((long) margin.deviationNanos()),
                batches,
                rows,
                answers,
                late,
                Map.copyOf(starts),
                Map.copyOf(refusals));
    }
}
