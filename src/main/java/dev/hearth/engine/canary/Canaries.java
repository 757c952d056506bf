package dev.hearth.engine.canary;

import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.canary.CanaryOptions.Mode;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.golden.AnswerComparison;
import dev.hearth.engine.golden.Tolerances;
import dev.hearth.engine.lifecycle.ServableManager;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.PredictObserver;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.predict.PredictResponse;
import dev.hearth.engine.predict.Predictor;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The trials of all models that have one. Requests that name no version go to the version beside the candidate, a share of
 * them to the candidate, or copies of them; who names a version or a label gets what it names. Thread-safe; nothing blocks.
 *
 * <p>Copies run after the answer, with low priority, so many at a time; what is beyond that is not copied. They fail nobody.
 */
public final class Canaries implements PredictObserver {

    private static final int MOST_COPIES = 32;
    private static final Duration COPY_DEADLINE = Duration.ofSeconds(30);

    private final Map<ModelName, Canary> canaries;
    private final ServingMetrics metrics;
    private final Ticker ticker;
    private final DoubleSupplier random;
    /** By what requests are shared out, over all trials; most often none. */
    private final Set<String> headers;

    private final AtomicInteger copies = new AtomicInteger();
    private @Nullable ServableManager manager;
    private @Nullable Predictor predictor;

    /** @param random numbers from 0 to 1 */
    public Canaries(
            Map<ModelName, CanaryOptions> options, ServingMetrics metrics, Ticker ticker, DoubleSupplier random) {
        this.metrics = metrics;
        this.ticker = ticker;
        this.random = random;
        this.canaries = options.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, model -> new Canary(model.getKey(), model.getValue(), metrics)));
        this.headers = options.values().stream()
                .map(CanaryOptions::header)
                .filter(header -> !header.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Before any request, once. */
    public void serve(ServableManager from, Predictor by) {
        manager = from;
        predictor = by;
        if (!canaries.isEmpty()) {
            var unused = from.listen(status -> {
                Canary canary = canaries.get(status.id().name());
                if (canary != null) {
                    canary.available(from.available(status.id().name()));
                }
            });
        }
    }

    /** Names of the headers that {@link #affinity} asks for, in lower case. */
    public Set<String> headers() {
        return headers;
    }

    /**
     * What a request says that trials go by.
     *
     * @param values of the request's headers by their names in lower case; null for one that it does not have
     */
    public Affinity affinity(Function<String, @Nullable String> values) {
        if (headers.isEmpty()) {
            return Affinity.NONE;
        }
        Map<String, String> said = new HashMap<>();
        for (String header : headers) {
            String value = values.apply(header);
            if (value != null) {
                said.put(header, value);
            }
        }
        return said.isEmpty() ? Affinity.NONE : new Affinity(said);
    }

    /** Metrics that learn how requests of models with a trial end. */
    public ServingMetrics counting(ServingMetrics to) {
        return canaries.isEmpty() ? to : new CountingMetrics(to, this::answered);
    }

    private @Nullable CanarySink answered(ServableId id) {
        Canary canary = canaries.get(id.name());
        return canary == null ? null : (nanos, outcome) -> canary.answered(id.version(), isFault(outcome), nanos);
    }

    /** Receives how a request ended. */
    @FunctionalInterface
    interface CanarySink {
        void answered(long nanos, String outcome);
    }

    /** Codes that say something about a version and not about the request or the load. */
    private static boolean isFault(String outcome) {
        if (outcome.equals(ServingMetrics.OK)) {
            return false;
        }
        return switch (ErrorCode.valueOf(outcome)) {
            case INTERNAL, UNKNOWN, ABORTED, DATA_LOSS, UNAVAILABLE, DEADLINE_EXCEEDED, FAILED_PRECONDITION -> true;
            default -> false;
        };
    }

    /**
     * A lease for a request that names no version, where the model has a trial that says whose turn it is; null where
     * everything is as usual.
     */
    public @Nullable ServableHandle choose(ModelName model, VersionSelector selector) {
        Canary canary =
                canaries.isEmpty() || !(selector instanceof VersionSelector.Latest) ? null : canaries.get(model);
        ServableManager from = manager;
        if (canary == null || from == null) {
            return null;
        }
        Canary.Roles roles = canary.roles();
        if (!roles.complete()) {
            return null;
        }
        boolean chosen = canary.running()
                && place(canary.options(), model, roles) < canary.options().share();
        boolean split = canary.options().mode() == Mode.SPLIT;
        long version =
                chosen && split ? roles.candidate().getAsLong() : roles.stable().getAsLong();
        ServableHandle lease = from.tryAcquire(model, new VersionSelector.Exact(version));
        return lease != null && chosen && !split ? new Copied(lease) : lease;
    }

    /** Where a request stands from 0 to 1: the same place for whoever sends it, or any. */
    private double place(CanaryOptions options, ModelName model, Canary.Roles roles) {
        String said = options.header().isEmpty() ? null : Affinity.current().value(options.header());
        // Another candidate is not tried out on the same few.
        return said == null
                ? random.getAsDouble()
                : Affinity.place(said, model.value() + '/' + roles.candidate().getAsLong());
    }

    /** The lease of a request that is to be copied. */
    private record Copied(ServableHandle lease) implements ServableHandle {

        @Override
        public ServableId id() {
            return lease.id();
        }

        @Override
        public Servable servable() {
            return lease.servable();
        }

        @Override
        public void close() {
            lease.close();
        }
    }

    @Override
    public void predicted(ServableHandle handle, PredictRequest request, CompletableFuture<PredictResponse> answer) {
        Canary canary = handle instanceof Copied ? canaries.get(handle.id().name()) : null;
        if (canary != null) {
            var unused = answer.whenComplete((response, failure) -> {
                if (response != null) {
                    copy(canary, handle.id().name(), request, response);
                }
            });
        }
    }

    private void copy(Canary canary, ModelName model, PredictRequest request, PredictResponse wanted) {
        ServableManager from = manager;
        Predictor by = predictor;
        Canary.Roles roles = canary.roles();
        if (from == null || by == null || !canary.running()) {
            return;
        }
        if (copies.incrementAndGet() > MOST_COPIES) {
            copies.decrementAndGet();
            canary.skippedCopy();
            return;
        }
        ServableHandle lease = from.tryAcquire(
                model, new VersionSelector.Exact(roles.candidate().getAsLong()));
        if (lease == null) {
            copies.decrementAndGet();
            return;
        }
        PredictRequest copy = new PredictRequest(
                request.signatureName(),
                request.inputs(),
                request.outputFilter(),
                Deadline.after(COPY_DEADLINE, ticker),
                Priority.LOW,
                CacheUse.of(CacheUse.Wish.AVOID));
        var unused = by.predict(lease, copy).whenComplete((got, failure) -> {
            ServableId id = lease.id();
            lease.close();
            copies.decrementAndGet();
            compare(canary, id, wanted, got, failure);
        });
    }

    private void compare(
            Canary canary,
            ServableId id,
            PredictResponse wanted,
            @Nullable PredictResponse got,
            @Nullable Throwable failure) {
        if (got == null) {
            ServingException error =
                    failure == null ? ServingException.internal("no answer", null) : ServingException.from(failure);
            boolean fault = isFault(error.code().name());
            metrics.compared(id, fault ? "failed" : "refused");
            if (fault) {
                canary.compared(Optional.of("is answered " + error.code() + ": " + error.getMessage()));
            }
            return;
        }
        Optional<String> difference = AnswerComparison.difference(
                wanted.outputs(), got.outputs(), new Tolerances(canary.options().tolerance(), Map.of()));
        metrics.compared(id, difference.isPresent() ? "different" : "equal");
        canary.compared(difference);
    }

    /** How a model's trial goes; empty for a model without one. */
    public Optional<CanaryStatus> status(ModelName model) {
        return Optional.ofNullable(canaries.get(model)).map(Canary::status);
    }
}
