package dev.hearth.engine.predict;

import dev.hearth.engine.cache.CacheResult;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.cache.KeptAnswer;
import dev.hearth.engine.cache.KeyForm;
import dev.hearth.engine.cache.MemoryTier;
import dev.hearth.engine.cache.PredictionKey;
import dev.hearth.engine.cache.Question;
import dev.hearth.engine.cache.QuestionKind;
import dev.hearth.engine.cache.SharedKey;
import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import dev.hearth.engine.trace.CurrentTrace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests to cached models with what is known, and has the rest run by another execution. What is in the memory of
 * this process is answered in the calling thread. Requests to other models pass through. Thread-safe.
 *
 * <p>An answer is of the version it is given for: keys have the loaded version in them. Errors are not kept. What is run
 * beside requests (warm-up, probes) does not come through here.
 */
public final class CachedExecution implements Execution {

    private final Execution next;
    private final Execution alone;
    private final Function<ServableId, @Nullable ServableHandle> leases;
    private final DelayScheduler scheduler;
    private final Ticker ticker;
    private final Map<ModelName, ModelCache> caches = new HashMap<>();
    private final PerServable<Optional<CachedVersion>> versions;

    /**
     * @param next for what is not known
     * @param alone runs a request by itself, in no batch; for finding out whether rows depend on each other
     * @param leases of a version that is loaded, at once; null where it is not
     */
    public CachedExecution(
            Execution next,
            Execution alone,
            CacheRules rules,
            Function<ServableId, @Nullable ServableHandle> leases,
            ServingMetrics metrics,
            DelayScheduler scheduler,
            Ticker ticker) {
        this.next = next;
        this.alone = alone;
        this.leases = leases;
        this.scheduler = scheduler;
        this.ticker = ticker;
        rules.models()
                .forEach((model, options) -> caches.put(
                        model, new ModelCache(model, options, rules.shared().orElse(null), metrics, ticker)));
        this.versions = new PerServable<>(
                handle -> Optional.ofNullable(caches.get(handle.id().name()))
                        .map(cache -> new CachedVersion(handle.id(), cache)));
    }

    @Override
    public CompletableFuture<List<Tensor>> run(ServableHandle handle, RunRequest request, SignatureMetrics metrics) {
        return run(handle, request, metrics, CacheUse.UNWATCHED);
    }

    @Override
    public CompletableFuture<List<Tensor>> run(
            ServableHandle handle, RunRequest request, SignatureMetrics metrics, CacheUse use) {
        CachedVersion version = versions.of(handle).orElse(null);
        int rows = version == null ? 0 : request.rows();
        CachedKind kind = version == null ? null : version.kind(request, rows);
        if (version == null || kind == null) {
            return next.run(handle, request, metrics);
        }
        ModelCache cache = version.cache();
        if (use.wish() == CacheUse.Wish.AVOID) {
            tell(cache, use, CacheResult.BYPASS);
            return next.run(handle, request, metrics);
        }
        long askedNanos = ticker.nanos();
        long epoch = cache.epoch();
        SharedTier shared = cache.shared();
        KeyForm form = kind.form(rows);
        Question question = new Question(inputs(request), rows);
        CachedCall.Asked asked = new CachedCall.Asked(
                cache,
                kind,
                handle,
                request,
                metrics,
                use,
                question,
                form,
                askedNanos,
                shared == null ? 0 : shared.epoch(cache.model()));
        PredictionKey[] keys = new PredictionKey[form.byRow() ? rows : 1];
        for (int row = 0; row < keys.length; row++) {
            keys[row] = kind.questions().key(epoch, question, form, row);
        }
        return use.wish() == CacheUse.Wish.REFRESH ? refresh(asked, keys) : answer(asked, keys);
    }

    private CompletableFuture<List<Tensor>> answer(CachedCall.Asked asked, PredictionKey[] keys) {
        KeptAnswer[] parts = new KeptAnswer[keys.length];
        int known = fromMemory(asked.cache(), keys, parts);
        if (known == keys.length) {
            List<Tensor> outputs = asked.form().byRow() ? KeptAnswer.join(parts) : parts[0].tensors();
            if (outputs != null) {
                tell(asked, CacheResult.of(keys.length, known, 0, 0), ticker.nanos());
                return CompletableFuture.completedFuture(outputs);
            }
        }
        CachedCall call = new CachedCall(this, asked, keys, parts, known);
        call.look();
        return call;
    }

    private int fromMemory(ModelCache cache, PredictionKey[] keys, @Nullable KeptAnswer[] parts) {
        MemoryTier memory = cache.memory();
        if (memory == null) {
            return 0;
        }
        long begun = ticker.nanos();
        int known = 0;
        for (int i = 0; i < keys.length; i++) {
            parts[i] = memory.get(keys[i]);
            known += parts[i] == null ? 0 : 1;
        }
        long ended = ticker.nanos();
        cache.metrics().asked(CacheResult.Tier.MEMORY.text(), known, keys.length - known, ended - begun);
        CurrentTrace.get().looked(CacheResult.Tier.MEMORY.text(), begun, ended, known, keys.length - known);
        return known;
    }

    /** A fresh answer, which takes the place of what is kept. */
    private CompletableFuture<List<Tensor>> refresh(CachedCall.Asked asked, PredictionKey[] keys) {
        tell(asked.cache(), asked.use(), CacheResult.BYPASS);
        CompletableFuture<List<Tensor>> run = next.run(asked.handle(), asked.request(), asked.metrics());
        boolean shareable =
                asked.cache().shared() != null && asked.kind().questions().isShareable();
        var unused = run.whenComplete((outputs, failure) -> {
            if (outputs == null || asked.form().byRow() && !areRows(outputs, keys.length)) {
                return;
            }
            for (int row = 0; row < keys.length; row++) {
                SharedKey sharedKey = shareable
                        ? asked.kind().questions().sharedKey(asked.sharedEpoch(), asked.question(), asked.form(), row)
                        : null;
                keep(asked, keys[row], sharedKey, asked.form().byRow() ? row(outputs, row) : outputs, false);
            }
        });
        return run;
    }

    /**
     * Keeps an answer in every tier.
     *
     * @param needed whether a copy is wanted, even if it is too large to be kept
     */
    @Nullable
    KeptAnswer keep(
            CachedCall.Asked asked,
            PredictionKey key,
            @Nullable SharedKey sharedKey,
            List<Tensor> outputs,
            boolean needed) {
        ModelCache cache = asked.cache();
        KeptAnswer answer = asked.kind().questions().keep(outputs, cache.largest());
        if (answer == null) {
            return needed ? asked.kind().questions().keep(outputs, Integer.MAX_VALUE - 64) : null;
        }
        cache.keep(key, answer);
        SharedTier shared = cache.shared();
        if (shared != null && sharedKey != null) {
            byte[] value =
                    QuestionKind.encode(answer, sharedKey, cache.options().compressFromBytes());
            shared.put(cache.model(), sharedKey.name(), value, cache.options().ttl());
        }
        return answer;
    }

    /** Finds out, once in a while, whether the rows of such requests may be looked up one by one. */
    void tryRows(CachedCall.Asked asked, int parts) {
        int rows = asked.question().rows();
        if (rows < 2
                || parts != 1
                || !RowTrial.tells(asked.request())
                || !asked.kind().beginTrial()) {
            return;
        }
        ServableHandle lease = leases.apply(asked.handle().id());
        if (lease == null) {
            asked.kind().givenUp();
            return;
        }
        RowTrial.begin(asked.kind(), alone, lease, asked.request(), rows);
    }

    private static List<Tensor> inputs(RunRequest request) {
        if (request.feeds().size() == 1) {
            return List.of(request.feeds().get(0).value());
        }
        List<Tensor> inputs = new ArrayList<>(request.feeds().size());
        for (Feed feed : request.feeds()) {
            inputs.add(feed.value());
        }
        return inputs;
    }

    static boolean areRows(List<Tensor> outputs, int rows) {
        for (Tensor output : outputs) {
            if (output.shape().rank() == 0 || output.rows() != rows) {
                return false;
            }
        }
        return true;
    }

    static List<Tensor> row(List<Tensor> outputs, int row) {
        List<Tensor> cut = new ArrayList<>(outputs.size());
        for (Tensor output : outputs) {
            cut.add(output.slice(row, 1));
        }
        return cut;
    }

    /** @param lookedNanos reading of the clock when the cache had given what it could */
    void tell(CachedCall.Asked asked, CacheResult result, long lookedNanos) {
        asked.metrics().cacheAsked(result.hit(), lookedNanos - asked.askedNanos());
        tell(asked.cache(), asked.use(), result);
    }

    private static void tell(ModelCache cache, CacheUse use, CacheResult result) {
        use.tell(result);
        cache.metrics().used(result.outcome().name().toLowerCase(Locale.ROOT));
    }

    Execution next() {
        return next;
    }

    Ticker ticker() {
        return ticker;
    }

    DelayScheduler.Cancellable later(Runnable action, Duration delay) {
        return scheduler.schedule(action, delay);
    }

    /** Whether the answers of this model are kept. */
    public boolean caches(ModelName model) {
        return caches.containsKey(model);
    }

    /** Whether answers of this model may be in a tier that processes share: such versions want to be told apart by content. */
    public boolean shares(ModelName model) {
        ModelCache cache = caches.get(model);
        return cache != null && cache.shared() != null;
    }

    /**
     * A version is about to serve.
     *
     * @param content what tells its answers from those of any other version in any process; empty where nothing does, and then
     *     nothing is shared
     */
    public void serves(ServableId id, Servable servable, byte[] content) {
        versions.of(new Unleased(id, servable)).ifPresent(version -> version.content(content));
    }

    /** Nobody asks this version any more: its answers need no memory. */
    public void forget(ServableId id) {
        ModelCache cache = caches.get(id.name());
        if (cache != null) {
            cache.forget(id);
        }
    }

    /** What this process keeps of the model may be wrong, e.g. since a version of it had stopped working. */
    public void distrust(ModelName model) {
        ModelCache cache = caches.get(model);
        if (cache != null) {
            cache.forgetAll();
        }
    }

    /**
     * Forgets every answer of the model, of all versions, in all tiers.
     *
     * @return done when all processes have forgotten, or will; false where the shared tier could not be told
     */
    public CompletableFuture<Boolean> clear(ModelName model) {
        ModelCache cache = caches.get(model);
        if (cache == null) {
            return CompletableFuture.completedFuture(true);
        }
        SharedTier shared = cache.shared();
        cache.forgetAll();
        return shared == null ? CompletableFuture.completedFuture(true) : shared.clear(model);
    }

    /** Whoever names a version keeps it loaded; only its identity is wanted. */
    private record Unleased(ServableId id, Servable servable) implements ServableHandle {
        @Override
        public void close() {}
    }
}
