package dev.hearth.engine.predict;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.hearth.engine.cache.CacheResult;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.cache.KeptAnswer;
import dev.hearth.engine.cache.KeyForm;
import dev.hearth.engine.cache.PredictionKey;
import dev.hearth.engine.cache.Question;
import dev.hearth.engine.cache.SharedKey;
import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.trace.CallTrace;
import dev.hearth.engine.trace.CurrentTrace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A request that this process does not know the whole answer to. What others compute already is waited for, what the shared
 * tier knows is taken from there, the rest is computed; then the answer is put together.
 *
 * <p>Invariants: every part is written by one thread before it counts down; the last to count down goes on, alone. A run
 * holds the lease of the request that began it, so this does not end before its run does, even if cancelled. Who waits for
 * another request's computation and gets none looks again, and then may be the one who computes.
 */
final class CachedCall extends PendingRun {

    /** After so many rounds it computes what it needs by itself, whatever others do. */
    private static final int MOST_ROUNDS = 3;

    /** What a request needs to be answered; the executions are those behind the cache. */
    record Asked(
            ModelCache cache,
            CachedKind kind,
            ServableHandle handle,
            RunRequest request,
            SignatureMetrics metrics,
            CacheUse use,
            Question question,
            KeyForm form,
            long askedNanos,
            long sharedEpoch) {}

    private final CallTrace trace = CurrentTrace.get();
    private final CachedExecution execution;
    private final Asked asked;
    private final PredictionKey[] keys;
    private final @Nullable KeptAnswer[] parts;
    private final @Nullable SharedKey[] sharedKeys;
    private final AtomicInteger awaited = new AtomicInteger();

    @GuardedBy("joined")
    private final Set<Computation> joined = new HashSet<>();

    private final int inMemory;
    private int inShared;
    private int waitedFor;
    private int rounds;
    private boolean apart;
    /** When it was known what has to be computed; 0 while nothing has. */
    private volatile long lookedNanos;

    @GuardedBy("joined")
    private @Nullable Computation own;

    private volatile @Nullable List<Tensor> computed;
    private volatile @Nullable Throwable ownFailure;
    private volatile @Nullable Throwable othersFailure;
    private volatile DelayScheduler.@Nullable Cancellable timer;

    /**
     * @param parts the parts of the answer that are known; others are null
     */
    CachedCall(
            CachedExecution execution, Asked asked, PredictionKey[] keys, @Nullable KeptAnswer[] parts, int inMemory) {
        this.execution = execution;
        this.asked = asked;
        this.keys = keys;
        this.parts = parts;
        this.inMemory = inMemory;
        this.sharedKeys = new SharedKey[parts.length];
    }

    /** One round: every missing part is waited for or computed. */
    void look() {
        rounds++;
        waitedFor = 0;
        othersFailure = null;
        awaited.set(1);
        Computation mine = new Computation(asked.cache, asked.request.priority());
        List<Computation.Flight> flights = new ArrayList<>();
        List<Integer> rows = new ArrayList<>();
        for (int row = 0; row < parts.length; row++) {
            if (parts[row] == null) {
                Computation.Flight flight = claim(row, mine);
                if (flight != null) {
                    flights.add(flight);
                    rows.add(row);
                    waitedFor += flight.computation() == mine ? 0 : 1;
                }
            }
        }
        if (waitedFor > 0 && !asked.request.deadline().unbounded() && timer == null) {
            timer = execution.later(
                    () -> fail(ServingException.deadlineExceeded("Timed out waiting for notification")),
                    Duration.ofNanos(asked.request.deadline().remainingNanos(execution.ticker())));
        }
        for (int i = 0; i < flights.size(); i++) {
            int row = rows.get(i);
            awaited.incrementAndGet();
            var unused = flights.get(i).answer().whenComplete((answer, failure) -> {
                if (answer == null) {
                    othersFailure = failure;
                } else {
                    parts[row] = answer;
                }
                counted();
            });
        }
        if (!mine.rows().isEmpty()) {
            leads(mine);
            awaited.incrementAndGet();
            try {
                askShared(mine);
            } catch (RuntimeException | Error e) {
                ended(mine, e);
            }
        }
        if (unwanted()) {
            leaveAll();
        }
        counted();
    }

    /** The flight to wait for; null where the row is to be computed here and nobody else needs to hear of it. */
    private Computation.@Nullable Flight claim(int row, Computation mine) {
        Computation.Flight fresh = new Computation.Flight(mine, new CompletableFuture<>());
        while (true) {
            Computation.Flight flight = asked.cache.flights.putIfAbsent(keys[row], fresh);
            if (flight == null) {
                mine.add(row, fresh);
                return null;
            }
            if (flight.computation() == mine || follow(flight.computation())) {
                return flight;
            }
            if (!flight.computation().serves(asked.request.priority())) {
                mine.add(row, null);
                return null;
            }
            asked.cache.flights.remove(keys[row], flight);
        }
    }

    private boolean follow(Computation computation) {
        synchronized (joined) {
            if (joined.contains(computation)) {
                return true;
            }
            if (!computation.serves(asked.request.priority()) || !computation.join()) {
                return false;
            }
            return joined.add(computation);
        }
    }

    private void askShared(Computation mine) {
        SharedTier shared = asked.cache.shared();
        if (shared == null || !asked.kind.questions().isShareable() || !shared.answers()) {
            compute(mine, mine.rows());
            return;
        }
        List<byte[]> names = new ArrayList<>(mine.rows().size());
        for (int row : mine.rows()) {
            SharedKey key = asked.kind.questions().sharedKey(asked.sharedEpoch, asked.question, asked.form, row);
            sharedKeys[row] = key;
            names.add(key.name());
        }
        long begun = execution.ticker().nanos();
        var unused = shared.get(asked.cache.model(), names).whenComplete((values, failure) -> {
            try {
                List<Integer> left = values == null ? mine.rows() : take(mine, values);
                int known = mine.rows().size() - left.size();
                long ended = execution.ticker().nanos();
                asked.cache.metrics().asked(CacheResult.Tier.SHARED.text(), known, left.size(), ended - begun);
                trace.looked(CacheResult.Tier.SHARED.text(), begun, ended, known, left.size());
                inShared += known;
                if (left.isEmpty()) {
                    counted();
                } else {
                    compute(mine, left);
                }
            } catch (RuntimeException | Error e) {
                ended(mine, e);
            }
        });
    }

    /** Takes what the shared tier knew; returns the rows that it did not. */
    private List<Integer> take(Computation mine, List<byte @Nullable []> values) {
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < mine.rows().size(); i++) {
            int row = mine.rows().get(i);
            byte[] value = values.get(i);
            SharedKey key = sharedKeys[row];
            KeptAnswer answer =
                    value == null || key == null ? null : asked.kind.questions().decode(value, key);
            if (answer == null) {
                left.add(row);
            } else {
                parts[row] = answer;
                asked.cache.keep(keys[row], answer);
                mine.landed(row, keys[row], answer);
            }
        }
        return left;
    }

    /** Nobody of the rows is known: they are run, beside whatever else waits to be run. */
    private void compute(Computation mine, List<Integer> rows) {
        if (!begin()) {
            ended(mine, ServingException.cancelled("The request was cancelled"));
            return;
        }
        CompletableFuture<List<Tensor>> run;
        try {
            RunRequest wanted = rows.size() == parts.length ? asked.request : rowsOf(asked.request, rows);
            // The shared tier may have been waited for: this is another thread then.
            lookedNanos = looked();
            run = CurrentTrace.during(trace, () -> execution.next().run(asked.handle, wanted, asked.metrics));
        } catch (RuntimeException | Error e) {
            end();
            ended(mine, e);
            return;
        }
        mine.runs(run);
        var unused = run.whenComplete((outputs, failure) -> {
            Throwable why = failure;
            try {
                if (outputs != null) {
                    ran(mine, rows, outputs);
                }
            } catch (RuntimeException | Error e) {
                why = e;
            }
            end();
            ended(mine, why);
        });
    }

    private void ended(Computation mine, @Nullable Throwable why) {
        if (why != null) {
            ownFailure = why;
        }
        mine.failed(keys, why == null ? ServingException.cancelled("The answer is too large to be handed on") : why);
        counted();
    }

    /** A row that was asked for in company must not be run alone: it would be rounded otherwise. */
    private int fewest() {
        return asked.form == KeyForm.ROW ? 2 : 1;
    }

    private RunRequest rowsOf(RunRequest request, List<Integer> rows) {
        List<Feed> feeds = new ArrayList<>(request.feeds().size());
        for (Feed feed : request.feeds()) {
            List<Tensor> pieces = new ArrayList<>();
            for (int i = 0; i < rows.size(); ) {
                int from = rows.get(i);
                int count = 1;
                while (i + count < rows.size() && rows.get(i + count) == from + count) {
                    count++;
                }
                pieces.add(feed.value().slice(from, count));
                i += count;
            }
            if (rows.size() < fewest()) {
                pieces.add(pieces.get(0));
            }
            feeds.add(new Feed(feed.tensorName(), Tensor.concat(pieces)));
        }
        return new RunRequest(feeds, request.fetches(), request.deadline(), request.priority(), request.joint());
    }

    private void ran(Computation mine, List<Integer> rows, List<Tensor> outputs) {
        if (rows.size() == parts.length) {
            computed = outputs;
        }
        if (asked.form.byRow() && !CachedExecution.areRows(outputs, Math.max(rows.size(), fewest()))) {
            asked.kind.rowsDepend();
            apart = true;
            return;
        }
        for (int i = 0; i < rows.size(); i++) {
            int row = rows.get(i);
            List<Tensor> part = asked.form.byRow() ? CachedExecution.row(outputs, i) : outputs;
            KeptAnswer answer =
                    execution.keep(asked, keys[row], sharedKeys[row], part, mine.isShared() || computed == null);
            if (answer != null) {
                parts[row] = answer;
                mine.landed(row, keys[row], answer);
            }
        }
        if (!asked.form.byRow()) {
            execution.tryRows(asked, keys.length);
        }
    }

    private void counted() {
        if (awaited.decrementAndGet() == 0) {
            settle();
        }
    }

    private void settle() {
        DelayScheduler.Cancellable pending = timer;
        List<Tensor> whole = computed;
        Throwable failure = ownFailure;
        boolean complete = true;
        for (KeptAnswer part : parts) {
            complete &= part != null;
        }
        if (unwanted()) {
            return;
        }
        if (pending != null) {
            pending.cancel();
            timer = null;
        }
        if (whole != null) {
            give(whole);
        } else if (failure != null) {
            completeExceptionally(failure);
        } else if (apart) {
            alone();
        } else if (complete) {
            putTogether();
        } else {
            failure = othersFailure;
            if (failure != null && isOurs(failure)) {
                completeExceptionally(failure);
            } else if (rounds < MOST_ROUNDS) {
                look();
            } else {
                alone();
            }
        }
    }

    /**
     * Whether what an equal request failed with is what this one would fail with: not where it ran out of time or was given
     * up, and not where other rows were run with it, which may be at fault.
     */
    private boolean isOurs(Throwable failure) {
        ErrorCode code = ServingException.from(failure).code();
        return !asked.form.byRow() && code != ErrorCode.DEADLINE_EXCEEDED && code != ErrorCode.CANCELLED;
    }

    private void putTogether() {
        KeptAnswer[] all = new KeptAnswer[parts.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = Objects.requireNonNull(parts[i]);
        }
        List<Tensor> outputs = asked.form.byRow() ? KeptAnswer.join(all) : all[0].tensors();
        if (outputs == null) {
            asked.kind.rowsDepend();
            alone();
        } else {
            give(outputs);
        }
    }

    private void give(List<Tensor> outputs) {
        execution.tell(asked, CacheResult.of(parts.length, inMemory, inShared, waitedFor), looked());
        complete(outputs);
    }

    private long looked() {
        return lookedNanos == 0 ? execution.ticker().nanos() : lookedNanos;
    }

    /** As if there were no cache. */
    private void alone() {
        if (!begin()) {
            return;
        }
        CompletableFuture<List<Tensor>> run;
        Computation mine = new Computation(asked.cache, asked.request.priority());
        leads(mine);
        try {
            lookedNanos = looked();
            run = execution.next().run(asked.handle, asked.request, asked.metrics);
        } catch (RuntimeException | Error e) {
            end();
            completeExceptionally(e);
            return;
        }
        mine.runs(run);
        if (unwanted()) {
            run.cancel(false);
        }
        var unused = run.whenComplete((outputs, failure) -> {
            end();
            if (outputs == null) {
                completeExceptionally(failure == null ? new IllegalStateException("the run gave nothing") : failure);
            } else {
                execution.tell(asked, CacheResult.of(parts.length, 0, 0, 0), looked());
                complete(outputs);
            }
        });
    }

    @Override
    void ending() {
        DelayScheduler.Cancellable pending = timer;
        if (pending != null) {
            pending.cancel();
        }
        leaveAll();
    }

    private void leaveAll() {
        List<Computation> left;
        synchronized (joined) {
            left = new ArrayList<>(joined);
            joined.clear();
            if (own != null) {
                left.add(own);
                own = null;
            }
        }
        left.forEach(Computation::leave);
    }

    private void leads(Computation mine) {
        synchronized (joined) {
            own = mine;
        }
    }
}
