package dev.hearth.server.cache;

import dev.hearth.engine.cache.SharedTier;
import dev.hearth.engine.model.ModelName;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.faulttolerance.api.TypedGuard;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import jakarta.enterprise.util.TypeLiteral;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Answers in Redis: {@code PREFIX:a:NAME} has a value, {@code PREFIX:e:MODEL} a number that changes when a model is cleared.
 *
 * <p>Requests ask it only while it is known to answer. Whether it does is found out beside them, once a second: then the numbers
 * of all models that were asked for are read, too. One that stops answering costs each request that meets it the budget at
 * most, until the circuit opens after a few. Writes happen behind and are dropped where too much waits.
 *
 * <p>Commands run on one event loop, over one connection for reading and one for writing. Thread-safe.
 */
final class RedisTier implements SharedTier, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RedisTier.class);

    private static final TypeLiteral<CompletionStage<List<Response>>> ANSWERS = new TypeLiteral<>() {};

    /** Questions whose failing opens the circuit. */
    private static final int CIRCUIT_QUESTIONS = 10;

    /** Looks without an answer after which the connection is given up: one whose other end is gone may never say so. */
    private static final int MOST_SILENT_LOOKS = 5;

    private static final long PATIENCE_MILLIS = 1000;

    private final RedisOptions options;
    private final RedisMeters meters;
    private final Context loop;
    private final RedisLink reading;
    private final RedisWrites writes;
    private final TypedGuard<CompletionStage<List<Response>>> guard;
    private final Map<ModelName, Epoch> epochs = new ConcurrentHashMap<>();
    private final long looking;
    private final Vertx vertx;
    private volatile boolean circuitClosed = true;
    private volatile boolean reached;
    private int silentLooks;
    private @Nullable String lastComplaint;

    /** Not read yet: nothing is read or kept until it is, since it may have been cleared. */
    private static final long UNKNOWN = -1;

    private static final class Epoch {
        private volatile long value = UNKNOWN;
    }

    RedisTier(Supplier<Redis> redis, Vertx vertx, RedisOptions options, RedisMeters meters) {
        this.options = options;
        this.meters = meters;
        this.vertx = vertx;
        this.loop = vertx.getOrCreateContext();
        Redis client = redis.get();
        this.reading = new RedisLink(client, loop);
        this.writes = new RedisWrites(new RedisLink(client, loop), loop, options, meters);
        this.guard = TypedGuard.create(ANSWERS)
                .withTimeout()
                .duration(options.budget().toMillis(), ChronoUnit.MILLIS)
                .done()
                .withCircuitBreaker()
                .requestVolumeThreshold(CIRCUIT_QUESTIONS)
                .failureRatio(0.5)
                .delay(options.pause().toMillis() / 2, ChronoUnit.MILLIS)
                .onStateChange(this::circuit)
                .done()
                .build();
        loop.runOnContext(here -> look());
        this.looking = vertx.setPeriodic(options.pause().toMillis(), timer -> loop.runOnContext(here -> look()));
    }

    private void circuit(CircuitBreakerState state) {
        circuitClosed = state == CircuitBreakerState.CLOSED;
        LOG.infof("The circuit to Redis is %s", state);
    }

    @Override
    public boolean answers() {
        return reached && circuitClosed;
    }

    @Override
    public CompletableFuture<List<byte @Nullable []>> get(ModelName model, List<byte[]> names) {
        if (epoch(model) == UNKNOWN) {
            return CompletableFuture.completedFuture(Collections.nCopies(names.size(), null));
        }
        // MGET also for one: of keys that hold something else it says that they are not there, where GET fails.
        List<Request> requests = new ArrayList<>();
        if (options.together()) {
            Request all = Request.cmd(Command.MGET);
            names.forEach(name -> all.arg(key(name)));
            requests.add(all);
        } else {
            names.forEach(name -> requests.add(Request.cmd(Command.MGET).arg(key(name))));
        }
        CompletableFuture<List<byte @Nullable []>> values = new CompletableFuture<>();
        var unused = ask(requests).whenComplete((answers, failure) -> {
            try {
                if (answers != null) {
                    values.complete(values(answers, names.size()));
                    return;
                }
                failed("read", failure);
            } catch (RuntimeException nonsense) {
                failed("read", nonsense);
            }
            values.complete(Collections.nCopies(names.size(), null));
        });
        return values;
    }

    private List<byte @Nullable []> values(List<Response> answers, int count) {
        List<byte @Nullable []> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Response answer = answers.get(options.together() ? 0 : i);
            Response value = answer == null ? null : answer.get(options.together() ? i : 0);
            byte[] bytes = value == null ? null : value.toBytes();
            values.add(bytes);
            meters.bytesRead.add(bytes == null ? 0 : bytes.length);
        }
        return values;
    }

    private CompletionStage<List<Response>> ask(List<Request> requests) {
        return guard.get(() -> {
            CompletableFuture<List<Response>> answers = new CompletableFuture<>();
            loop.runOnContext(here -> reading.send(requests).onComplete(result -> {
                if (result.succeeded()) {
                    answers.complete(result.result());
                } else {
                    answers.completeExceptionally(result.cause());
                }
            }));
            return answers;
        });
    }

    private CompletableFuture<List<Response>> unhurried(List<Request> requests) {
        CompletableFuture<List<Response>> answers = new CompletableFuture<>();
        loop.runOnContext(here -> reading.send(requests).onComplete(result -> {
            if (result.succeeded()) {
                answers.complete(result.result());
            } else {
                answers.completeExceptionally(result.cause());
            }
        }));
        return answers.orTimeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** On the event loop: whether Redis answers, and what others have cleared. */
    private void look() {
        List<ModelName> models = new ArrayList<>(epochs.keySet());
        List<Request> requests = new ArrayList<>();
        requests.add(Request.cmd(Command.PING));
        models.forEach(model -> requests.add(Request.cmd(Command.GET).arg(epochKey(model))));
        // Beside requests nobody waits: only what they would wait for has the budget.
        CompletionStage<List<Response>> answers = unhurried(requests);
        var unused =
                answers.whenComplete((found, failure) -> loop.runOnContext(here -> looked(models, found, failure)));
    }

    private void looked(List<ModelName> models, @Nullable List<Response> found, @Nullable Throwable failure) {
        if (found == null) {
            failed("look", failure);
            silentLooks++;
            if (silentLooks >= MOST_SILENT_LOOKS) {
                silentLooks = 0;
                reached = false;
                reading.reset();
                writes.reset();
            }
            return;
        }
        silentLooks = 0;
        lastComplaint = null;
        for (int i = 0; i < models.size(); i++) {
            Response number = found.get(i + 1);
            if (number == null) {
                begin(models.get(i));
            } else {
                learned(models.get(i), number(number));
            }
        }
        if (!reached) {
            LOG.info("Redis answers");
            reached = true;
        }
        if (!circuitClosed) {
            // In time, too? Requests do not try.
            var unused = ask(List.of(Request.cmd(Command.PING)));
        }
    }

    private static long number(Response number) {
        try {
            return Math.max(0, Long.parseLong(number.toString()));
        } catch (NumberFormatException garbage) {
            return 0;
        }
    }

    private void learned(ModelName model, long number) {
        epochs.computeIfAbsent(model, name -> new Epoch()).value = number;
    }

    /**
     * Redis has no number of the model, or no more: it gets the one that is known, else one that it never had, so that what
     * was cleared does not come back.
     */
    private void begin(ModelName model) {
        long known = epoch(model);
        long number = known == UNKNOWN ? fresh() : known;
        Request set = Request.cmd(Command.SET).arg(epochKey(model)).arg(number).arg("NX");
        var unused = reading.send(List.of(set)).onSuccess(done -> {
            if (known == UNKNOWN) {
                look();
            }
        });
    }

    private static long fresh() {
        return ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    }

    private void failed(String what, @Nullable Throwable failure) {
        Throwable reason = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
        if (reason instanceof CircuitBreakerOpenException) {
            return;
        }
        meters.failed(reason instanceof TimeoutException ? "timeout" : what);
        String complaint = String.valueOf(reason);
        if (!(reason instanceof TimeoutException) && !complaint.equals(lastComplaint)) {
            lastComplaint = complaint;
            LOG.warnf("Redis does not help: %s. Predictions go on without it", complaint);
        }
    }

    @Override
    public void put(ModelName model, byte[] name, byte[] value, Duration ttl) {
        if (!answers() || epoch(model) == UNKNOWN) {
            meters.failed("dropped");
            return;
        }
        writes.add(key(name), Buffer.buffer(value), ttl);
    }

    @Override
    public long epoch(ModelName model) {
        Epoch epoch = epochs.get(model);
        if (epoch == null) {
            epoch = epochs.computeIfAbsent(model, name -> new Epoch());
        }
        return epoch.value;
    }

    @Override
    public CompletableFuture<Boolean> clear(ModelName model) {
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        long number = fresh();
        var unused = unhurried(
                        List.of(Request.cmd(Command.SET).arg(epochKey(model)).arg(number)))
                .whenComplete((answer, failure) -> {
                    if (answer == null) {
                        failed("clear", failure);
                    } else {
                        learned(model, number);
                    }
                    told.complete(answer != null);
                });
        return told;
    }

    private Buffer key(byte[] name) {
        return Buffer.buffer(options.prefix() + ":a:").appendBytes(name);
    }

    private Buffer epochKey(ModelName model) {
        return Buffer.buffer((options.prefix() + ":e:" + model.value()).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        vertx.cancelTimer(looking);
    }
}
