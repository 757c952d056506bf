package dev.hearth.server.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisProfilesTest {

    private static final String GROUP = "abc-amd64-2";
    private static final String KEY = "hearth:p1:" + GROUP;

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private RealRedis redis;

    @BeforeEach
    void begin() throws Exception {
        Optional<RealRedis> found = RealRedis.start(folder);
        assumeTrue(found.isPresent());
        redis = found.get();
    }

    @AfterEach
    void close() throws Exception {
        if (redis != null) {
            redis.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private RedisProfiles profiles(Duration budget) {
        Redis client = Redis.createClient(vertx, "redis://127.0.0.1:" + redis.port());
        return new RedisProfiles(
                () -> {
                    asked.incrementAndGet();
                    return client;
                },
                "hearth",
                budget,
                new RedisMeters((meter, tags) -> failures.incrementAndGet()));
    }

    /** With a budget that any machine keeps. */
    private RedisProfiles profiles() {
        return profiles(Duration.ofSeconds(20));
    }

    private Response ask(Command command, Object... words) throws Exception {
        Request request = Request.cmd(command);
        for (Object word : words) {
            request.arg(word.toString());
        }
        return Redis.createClient(vertx, "redis://127.0.0.1:" + redis.port())
                .send(request)
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    @Test
    void whatOneKeepsAnotherFindsForSomeTime() throws Exception {
        profiles().keep(GROUP, "kind", "text");

        assertThat(profiles().find(GROUP, "kind")).isEqualTo("text");
        assertThat(profiles().find(GROUP, "other")).isNull();
        assertThat(profiles().find("abd-amd64-2", "kind")).isNull();
        assertThat(ask(Command.TTL, KEY).toLong())
                .isBetween(1L, Duration.ofDays(30).toSeconds());
    }

    @Test
    void whatIsOfferedReplacesNothing() {
        RedisProfiles profiles = profiles();
        profiles.keep(GROUP, "kind", "better");
        profiles.offer(GROUP, "kind", "worse");
        profiles.offer(GROUP, "other", "new");

        assertThat(profiles.find(GROUP, "kind")).isEqualTo("better");
        assertThat(profiles.find(GROUP, "other")).isEqualTo("new");
    }

    @Test
    void keepsNoMoreThanItMay() throws Exception {
        RedisProfiles profiles = profiles();
        for (int i = 0; i < 260; i++) {
            profiles.keep(GROUP, "kind" + i, "text");
        }
        profiles.keep("def", "kind", "x".repeat(20_000));

        assertThat(ask(Command.HLEN, KEY).toInteger()).isEqualTo(256);
        assertThat(ask(Command.EXISTS, "hearth:p1:def").toInteger()).isZero();
    }

    @Test
    void whatIsTooLongOrNoHashIsNotThere() throws Exception {
        ask(Command.HSET, KEY, "kind", "x".repeat(20_000));
        ask(Command.SET, "hearth:p1:def", "text");

        assertThat(profiles().find(GROUP, "kind")).isNull();
        assertThat(profiles().find("def", "kind")).isNull();
        profiles().keep("def", "kind", "text");
        assertThat(ask(Command.GET, "hearth:p1:def").toString()).isEqualTo("text");
    }

    @Test
    void waitsOnceForARedisThatHangs() throws Exception {
        RedisProfiles profiles = profiles(Duration.ofMillis(50));
        redis.signal("STOP");

        for (int i = 0; i < 100; i++) {
            assertThat(profiles.find(GROUP, "kind")).isNull();
            profiles.keep(GROUP, "kind", "text");
        }

        // Once, and again after ten seconds where the machine is that slow.
        assertThat(failures.get()).isBetween(1, 5);
        assertThat(asked.get()).isBetween(1, 5);
    }

    @Test
    void aRedisThatIsNotThereHurtsNobody() throws Exception {
        redis.kill();

        assertThat(profiles().find(GROUP, "kind")).isNull();
        assertThat(failures).hasValue(1);
    }
}
