package dev.hearth.server.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hearth.engine.metrics.Meters;
import dev.hearth.engine.model.ModelName;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.Request;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real Redis that is killed, stopped, locked, full and wrong. */
class RedisTierTest {

    private static final ModelName MODEL = new ModelName("m");
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private RealRedis redis(String... settings) throws Exception {
        Optional<RealRedis> redis = RealRedis.start(folder, settings);
        assumeTrue(redis.isPresent());
        open.add(redis.get());
        return redis.get();
    }

    private RedisTier tier(String url, long writeBytes) {
        return tier(Redis.createClient(vertx, url), writeBytes, true);
    }

    private RedisTier tier(Redis client, long writeBytes, boolean together) {
        RedisTier tier = new RedisTier(
                () -> client,
                vertx,
                // A budget that a busy machine keeps, and short pauses, so that nothing here is about time.
                new RedisOptions("hearth", Duration.ofMillis(250), Duration.ofMillis(100), writeBytes, together),
                new RedisMeters((meter, tags) -> {
                    assertThat(meter).isEqualTo(Meters.CACHE_FAILURES);
                    failures.computeIfAbsent(tags[0], name -> new LongAdder()).increment();
                }));
        open.add(tier);
        return tier;
    }

    private RedisTier tier(RealRedis redis) {
        return tier("redis://127.0.0.1:" + redis.port(), 1 << 20);
    }

    private static void eventually(Callable<Boolean> condition) throws Exception {
        long begun = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - begun > LIMIT_NANOS) {
                throw new AssertionError("not within 20 s");
            }
            Thread.sleep(10);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Never fails; that it ends is what most tests here are about. */
    private static List<@Nullable String> get(RedisTier tier, String... names) throws Exception {
        List<byte[]> keys = new ArrayList<>();
        for (String name : names) {
            keys.add(bytes(name));
        }
        List<@Nullable String> texts = new ArrayList<>();
        for (byte[] value : tier.get(MODEL, keys).get(20, TimeUnit.SECONDS)) {
            texts.add(value == null ? null : new String(value, StandardCharsets.UTF_8));
        }
        return texts;
    }

    private static void put(RedisTier tier, String name, String value) {
        tier.put(MODEL, bytes(name), bytes(value), Duration.ofMinutes(1));
    }

    private static boolean kept(RedisTier tier, String name, String value) throws Exception {
        put(tier, name, value);
        return value.equals(get(tier, name).get(0));
    }

    @Test
    void givesWhatWasKeptInTheOrderOfTheQuestion() throws Exception {
        RealRedis redis = redis();
        RedisTier tier = tier(redis);
        eventually(tier::answers);
        eventually(() -> kept(tier, "a", "1"));
        eventually(() -> kept(tier, "c", "3"));

        assertThat(get(tier(redis), "a").size()).isEqualTo(1);
        assertThat(get(tier, "a", "b", "c", "a")).containsExactly("1", null, "3", "1");
    }

    @Test
    void outlivesKillingAndRestarting() throws Exception {
        RealRedis redis = redis();
        RedisTier tier = tier(redis);
        eventually(tier::answers);
        eventually(() -> kept(tier, "a", "1"));

        redis.kill();
        eventually(() -> get(tier, "a").get(0) == null && !tier.answers());
        put(tier, "a", "2");
        redis.begin();

        eventually(tier::answers);
        eventually(() -> kept(tier, "a", "3"));
    }

    @Test
    void doesNotWaitForOneThatHangs() throws Exception {
        RealRedis redis = redis();
        RedisTier tier = tier(redis);
        eventually(tier::answers);
        eventually(() -> kept(tier, "a", "1"));

        redis.signal("STOP");
        eventually(() -> {
            assertThat(get(tier, "a")).containsExactly((String) null);
            return !tier.answers();
        });
        assertThat(failures).containsKey("timeout");
        redis.signal("CONT");

        eventually(tier::answers);
        eventually(() -> kept(tier, "b", "2"));
    }

    @Test
    void startsBeforeRedisDoes() throws Exception {
        RealRedis redis = redis();
        redis.kill();
        RedisTier tier = tier(redis);
        assertThat(get(tier, "a")).containsExactly((String) null);
        assertThat(tier.answers()).isFalse();

        redis.begin();

        eventually(tier::answers);
    }

    @Test
    void isNotLetInWithoutTheRightPassword() throws Exception {
        RealRedis redis = redis("--requirepass", "secret");
        RedisTier wrong = tier("redis://:guess@127.0.0.1:" + redis.port(), 1 << 20);
        RedisTier right = tier("redis://:secret@127.0.0.1:" + redis.port(), 1 << 20);

        eventually(right::answers);
        eventually(() -> failures.containsKey("look"));
        assertThat(wrong.answers()).isFalse();
        assertThat(get(wrong, "a")).containsExactly((String) null);
        put(wrong, "a", "1");
        assertThat(wrong.clear(MODEL).get(20, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void aUserWithTheRightsThatAreDocumentedIsEnough() throws Exception {
        RealRedis redis =
                redis(("--user default off --user hearth on >secret ~hearth:* +ping +get +set +mget +hget +hset"
                                + " +hsetnx +hlen +expire")
                        .split(" "));
        String url = "redis://hearth:secret@127.0.0.1:" + redis.port();
        RedisTier tier = tier(url, 1 << 20);
        eventually(tier::answers);
        eventually(() -> kept(tier, "a", "1"));

        assertThat(get(tier, "a", "b")).containsExactly("1", null);
        assertThat(tier.clear(MODEL).get(20, TimeUnit.SECONDS)).isTrue();
        RedisProfiles profiles = new RedisProfiles(
                () -> Redis.createClient(vertx, url),
                "hearth",
                Duration.ofSeconds(20),
                new RedisMeters((meter, tags) -> failures.computeIfAbsent("profile", name -> new LongAdder())));
        profiles.keep("group", "kind", "text");
        assertThat(profiles.find("group", "kind")).isEqualTo("text");
        assertThat(failures).doesNotContainKeys("look", "read", "write", "clear", "profile");
    }

    @Test
    void worksWithACluster() throws Exception {
        List<RealRedis> nodes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Optional<RealRedis> node =
                    RealRedis.start(Files.createDirectory(folder.resolve("node" + i)), "--cluster-enabled", "yes");
            assumeTrue(node.isPresent());
            open.add(node.get());
            nodes.add(node.get());
        }
        for (int i = 0; i < 3; i++) {
            Request slots = Request.cmd(Command.CLUSTER).arg("ADDSLOTS");
            for (int slot = i; slot < 16_384; slot += 3) {
                slots.arg(slot);
            }
            ask(nodes.get(i), slots);
            ask(
                    nodes.get(i),
                    Request.cmd(Command.CLUSTER).arg("SET-CONFIG-EPOCH").arg(i + 1));
        }
        for (int i = 1; i < 3; i++) {
            ask(
                    nodes.get(0),
                    Request.cmd(Command.CLUSTER)
                            .arg("MEET")
                            .arg("127.0.0.1")
                            .arg(nodes.get(i).port()));
        }
        for (RealRedis node : nodes) {
            eventually(() -> ask(node, Request.cmd(Command.CLUSTER).arg("INFO")).contains("cluster_state:ok"));
        }
        io.vertx.redis.client.RedisOptions options =
                new io.vertx.redis.client.RedisOptions().setType(RedisClientType.CLUSTER);
        nodes.forEach(node -> options.addConnectionString("redis://127.0.0.1:" + node.port()));
        RedisTier tier = tier(Redis.createClient(vertx, options), 1 << 20, false);
        eventually(tier::answers);

        for (String name : List.of("a", "b", "c", "d", "e", "f")) {
            eventually(() -> kept(tier, name, name + "1"));
        }

        assertThat(get(tier, "a", "b", "x", "c", "d", "e", "f"))
                .containsExactly("a1", "b1", null, "c1", "d1", "e1", "f1");
        assertThat(tier.clear(MODEL).get(20, TimeUnit.SECONDS)).isTrue();
    }

    private String ask(RealRedis redis, Request request) throws Exception {
        Redis client = Redis.createClient(vertx, "redis://127.0.0.1:" + redis.port());
        try {
            return client.send(request)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS)
                    .toString();
        } finally {
            client.close();
        }
    }

    @Test
    void goesOnReadingWhereNothingMoreFits() throws Exception {
        RealRedis redis = redis("--maxmemory", "2mb", "--maxmemory-policy", "noeviction");
        RedisTier tier = tier(redis);
        eventually(tier::answers);
        eventually(() -> kept(tier, "small", "1"));
        String large = "x".repeat(100_000);

        eventually(() -> {
            put(tier, "n" + System.nanoTime(), large);
            return failures.containsKey("write");
        });

        assertThat(get(tier, "small")).containsExactly("1");
        assertThat(tier.answers()).isTrue();
    }

    @Test
    void losesWhatRedisEvicts() throws Exception {
        RealRedis redis = redis("--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru");
        RedisTier tier = tier(redis);
        eventually(tier::answers);
        eventually(() -> kept(tier, "first", "1"));
        String large = "x".repeat(100_000);

        int[] number = {0};
        eventually(() -> kept(tier, "n" + number[0]++, large) && number[0] > 60);
        assertThat(tier.answers()).isTrue();
    }

    @Test
    void takesNoMoreToWriteThanItMay() throws Exception {
        RealRedis redis = redis();
        RedisTier tier = tier("redis://127.0.0.1:" + redis.port(), 10_000);
        eventually(tier::answers);

        put(tier, "a", "x".repeat(20_000));

        assertThat(failures.get("dropped").sum()).isEqualTo(1);
        eventually(() -> kept(tier, "b", "x".repeat(5_000)));
    }

    @Test
    void aKeyThatHoldsSomethingElseIsNotThere() throws Exception {
        RealRedis redis = redis();
        RedisTier tier = tier(redis);
        eventually(tier::answers);
        Redis other = Redis.createClient(vertx, "redis://127.0.0.1:" + redis.port());
        other.send(Request.cmd(Command.LPUSH).arg("hearth:a:list").arg("1"))
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);

        assertThat(get(tier, "list")).containsExactly((String) null);
        assertThat(get(tier, "list", "list")).containsExactly(null, null);
    }

    @Test
    void whatOneClearsTheOthersHearOf() throws Exception {
        RealRedis redis = redis();
        RedisTier one = tier(redis);
        RedisTier other = tier(redis);
        eventually(() -> one.answers() && other.answers());
        eventually(() -> one.epoch(MODEL) >= 0 && one.epoch(MODEL) == other.epoch(MODEL));
        long before = one.epoch(MODEL);

        assertThat(one.clear(MODEL).get(20, TimeUnit.SECONDS)).isTrue();

        assertThat(one.epoch(MODEL)).isNotEqualTo(before);
        eventually(() -> other.epoch(MODEL) == one.epoch(MODEL));
        redis.kill();
        redis.begin();
        long cleared = one.epoch(MODEL);
        eventually(() -> kept(one, "a", "1") && kept(other, "a", "1"));
        assertThat(one.epoch(MODEL)).isEqualTo(cleared);
        assertThat(other.epoch(MODEL)).isEqualTo(cleared);
    }
}
