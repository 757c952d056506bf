package dev.hearth.server.fallback;

import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.modelstatus.Dependencies;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Ticker;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.faulttolerance.api.TypedGuard;
import jakarta.enterprise.util.TypeLiteral;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException;
import org.jboss.logging.Logger;

/**
 * Lets through to the fallback what may go there: allowed models, bodies that fit, so many at once, and nothing while its
 * circuit is open. Every question is bounded by its own deadline and by the configured timeout, and counted.
 *
 * <p>Thread-safe; never blocks.
 */
final class GuardedFallback implements Fallback {

    private static final Logger LOG = Logger.getLogger(GuardedFallback.class);

    private static final TypeLiteral<CompletionStage<Answer>> ANSWER = new TypeLiteral<>() {};

    private final FallbackOptions options;
    private final HttpQuestion http;
    private final FallbackMeter meter;
    private final Ticker ticker;
    private final Predicate<String> configured;
    private final TypedGuard<CompletionStage<Answer>> guard;
    private final AtomicInteger there = new AtomicInteger();
    private volatile CircuitBreakerState circuit = CircuitBreakerState.CLOSED;

    /** @param configured whether a model is one of this server's; names that clients make up go nowhere, also not into tags */
    GuardedFallback(
            FallbackOptions options,
            HttpQuestion http,
            FallbackMeter meter,
            Ticker ticker,
            Predicate<String> configured) {
        this.configured = configured;
        this.options = options;
        this.http = http;
        this.meter = meter;
        this.ticker = ticker;
        this.guard = TypedGuard.create(ANSWER)
                .withTimeout()
                .duration(options.timeout().toMillis(), ChronoUnit.MILLIS)
                .done()
                .withCircuitBreaker()
                .requestVolumeThreshold(options.circuit().requests())
                .failureRatio(options.circuit().failures())
                .delay(options.circuit().delay().toMillis(), ChronoUnit.MILLIS)
                .skipOn(List.of(HttpQuestion.Declined.class, CancellationException.class))
                .onStateChange(state -> {
                    circuit = state;
                    LOG.infof("The circuit to %s is %s", options.server(), state);
                })
                .done()
                .build();
    }

    /** How it is now. */
    Dependencies.State state() {
        return new Dependencies.State(circuit.name().toLowerCase(Locale.ROOT), there.get(), options.requests());
    }

    @Override
    public boolean takes(String model) {
        return options.models().getOrDefault(model, options.allModels()) && configured.test(model);
    }

    @Override
    public CompletableFuture<Answer> ask(Question question) {
        if (question.body().length > options.requestBytes()) {
            return refused(question, "too_long");
        }
        Duration left = left(question);
        if (left.isNegative() || left.isZero()) {
            return refused(question, "too_late");
        }
        if (there.incrementAndGet() > options.requests()) {
            there.decrementAndGet();
            return refused(question, "too_many");
        }
        return send(question, left);
    }

    private Duration left(Question question) {
        if (question.deadline().unbounded()) {
            return options.timeout();
        }
        Duration left = Duration.ofNanos(question.deadline().remainingNanos(ticker));
        return left.compareTo(options.timeout()) < 0 ? left : options.timeout();
    }

    private CompletableFuture<Answer> send(Question question, Duration left) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        // Whoever asked may give up; then the exchange ends, too.
        CompletionStage<Answer> asked = guard.get(() -> {
            CompletableFuture<Answer> exchange = http.ask(question, left);
            var unused = answer.whenComplete((ready, failure) -> {
                if (answer.isCancelled()) {
                    exchange.cancel(true);
                }
            });
            return exchange;
        });
        var unused = asked.whenComplete((ready, failure) -> {
            there.decrementAndGet();
            Throwable reason = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                    ? wrapped.getCause()
                    : failure;
            meter.count(question, reason == null ? "answered" : outcome(reason));
            if (reason == null) {
                answer.complete(ready);
            } else {
                LOG.debugf("The fallback does not help: %s", reason);
                answer.completeExceptionally(
                        new ServingException(ErrorCode.UNAVAILABLE, "The fallback does not help: " + reason));
            }
        });
        return answer;
    }

    private static String outcome(Throwable failure) {
        if (failure instanceof CircuitBreakerOpenException) {
            return "circuit_open";
        }
        if (failure instanceof TimeoutException || failure instanceof HttpTimeoutException) {
            return "timeout";
        }
        if (failure instanceof CancellationException) {
            return "cancelled";
        }
        return failure instanceof HttpQuestion.Declined ? "declined" : "failed";
    }

    private CompletableFuture<Answer> refused(Question question, String outcome) {
        meter.count(question, outcome);
        return CompletableFuture.failedFuture(
                new ServingException(ErrorCode.UNAVAILABLE, "The fallback is not asked: " + outcome));
    }
}
