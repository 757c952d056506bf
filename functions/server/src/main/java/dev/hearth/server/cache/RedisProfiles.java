package dev.hearth.server.cache;

import dev.hearth.engine.predict.ProfileExchange;
import io.smallrye.faulttolerance.api.TypedGuard;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import jakarta.enterprise.util.TypeLiteral;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Measured times in Redis: {@code PREFIX:p1:GROUP} is a hash of name and text, forgotten {@value #KEPT_DAYS} days after it was
 * last written. The number in it is that of the texts' form.
 *
 * <p>The first question that is not answered within the budget opens a circuit, so that a load that asks for many kinds waits
 * for a broken Redis once. Blocks the calling thread; thread-safe.
 */
final class RedisProfiles implements ProfileExchange {

    private static final Logger LOG = Logger.getLogger(RedisProfiles.class);
    private static final TypeLiteral<CompletionStage<Response>> ANSWER = new TypeLiteral<>() {};
    private static final String FORM = ":p1:";
    private static final int KEPT_DAYS = 30;
    private static final int LONGEST_TEXT = 16 << 10;

    /** Kinds of requests come from clients; nobody may fill Redis with them. */
    private static final int MOST_NAMES = 256;

    private static final long PAUSE_MILLIS = 10_000;

    private final Supplier<Redis> redis;
    private final String prefix;
    private final RedisMeters meters;
    private final TypedGuard<CompletionStage<Response>> guard;

    RedisProfiles(Supplier<Redis> redis, String prefix, Duration budget, RedisMeters meters) {
        this.redis = redis;
        this.prefix = prefix + FORM;
        this.meters = meters;
        this.guard = TypedGuard.create(ANSWER)
                .withTimeout()
                .duration(Math.max(1, budget.toMillis()), ChronoUnit.MILLIS)
                .done()
                .withCircuitBreaker()
                .requestVolumeThreshold(1)
                .failureRatio(1)
                .delay(PAUSE_MILLIS, ChronoUnit.MILLIS)
                .done()
                .build();
    }

    @Override
    public @Nullable String find(String group, String name) {
        Response found = ask(Request.cmd(Command.HGET).arg(prefix + group).arg(name));
        byte[] bytes = found == null ? null : found.toBytes();
        return bytes == null || bytes.length > LONGEST_TEXT ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public void keep(String group, String name, String text) {
        write(Command.HSET, group, name, text);
    }

    @Override
    public void offer(String group, String name, String text) {
        write(Command.HSETNX, group, name, text);
    }

    private void write(Command command, String group, String name, String text) {
        String key = prefix + group;
        Response names = ask(Request.cmd(Command.HLEN).arg(key));
        if (names == null || names.toInteger() >= MOST_NAMES || text.length() > LONGEST_TEXT) {
            return;
        }
        if (ask(Request.cmd(command).arg(key).arg(name).arg(text)) != null) {
            var unused = ask(Request.cmd(Command.EXPIRE)
                    .arg(key)
                    .arg(Duration.ofDays(KEPT_DAYS).toSeconds()));
        }
    }

    /** Null where there is no answer, and where the answer is that nothing is there. */
    private @Nullable Response ask(Request request) {
        try {
            return guard.get(() -> redis.get().send(request).toCompletionStage())
                    .toCompletableFuture()
                    .join();
        } catch (RuntimeException e) {
            Throwable reason = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            if (!(reason instanceof CircuitBreakerOpenException)) {
                meters.failed("profile");
                LOG.infof("Measured times are not shared with other instances: %s", reason);
            }
            return null;
        }
    }
}
