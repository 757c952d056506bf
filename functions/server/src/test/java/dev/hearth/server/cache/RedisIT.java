package dev.hearth.server.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hearth.server.fallback.ServerProcess;
import dev.hearth.server.tls.Certificates;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two real servers that share a real Redis, which is killed and stopped under load. */
class RedisIT {

    private static final String MODEL = "half_plus_two";
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

    @TempDir
    Path folder;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** @param redis the keys that say how to get there */
    private static ServerProcess server(String tiers, String... redis) throws IOException {
        List<String> flags = new ArrayList<>(List.of(
                "--hearth.models." + MODEL + ".base-path="
                        + Path.of(System.getProperty("repository.root"), "config/models/" + MODEL),
                "--hearth.models." + MODEL + ".cache.enabled=true",
                "--hearth.models." + MODEL + ".cache.tiers=" + tiers,
                // A budget that a busy machine keeps.
                "--hearth.cache.redis.budget=250MS",
                "--hearth.cache.redis.load-budget=20S"));
        flags.addAll(List.of(redis));
        return ServerProcess.start(ServerProcess.freePort(), flags.toArray(new String[0]));
    }

    /** The header of the answer, which has to be right. */
    private String ask(ServerProcess server, float value) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(server.uri("/v1/models/" + MODEL + ":predict"))
                        .POST(HttpRequest.BodyPublishers.ofString("{\"instances\": [" + value + "]}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        String number = answer.body().replaceAll("[^0-9.\\-]", "");
        assertThat(Float.parseFloat(number)).isEqualTo(value / 2 + 2);
        return answer.headers().firstValue("hearth-cache").orElse("");
    }

    private static ServerProcess ready(ServerProcess server) throws Exception {
        try {
            return server.await("models are available").await("Redis answers").await("Listening on");
        } catch (Throwable notStarted) {
            server.close();
            throw notStarted;
        }
    }

    /** What the batcher knows, and from where. */
    private String explained(ServerProcess server) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(server.uri("/functions/model-status/" + MODEL + "/batching"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static void eventually(Callable<Boolean> condition) throws Exception {
        long begun = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - begun > LIMIT_NANOS) {
                throw new AssertionError("not within 30 s");
            }
            Thread.sleep(20);
        }
    }

    @Test
    void noPredictionFailsWhateverHappensToRedis() throws Exception {
        Certificates certificates = new Certificates(folder);
        certificates.authority("authority");
        certificates.signed("redis", "authority");
        String authority = Files.writeString(folder.resolve("ca.pem"), certificates.certificate("authority"))
                .toString();
        String certificate = Files.writeString(folder.resolve("redis.pem"), certificates.certificate("redis"))
                .toString();
        String key = Files.writeString(folder.resolve("redis.key"), certificates.key("redis"))
                .toString();
        String tlsPort = Integer.toString(RealRedis.freePort());
        Optional<RealRedis> found = RealRedis.start(
                folder,
                ("--tls-port " + tlsPort + " --tls-cert-file " + certificate + " --tls-key-file " + key
                                + " --tls-auth-clients no --tls-ca-cert-file " + authority)
                        .split(" "));
        assumeTrue(found.isPresent());
        try (RealRedis redis = found.get();
                ServerProcess one = ready(server("redis", "--quarkus.redis.hosts=redis://127.0.0.1:" + redis.port()));
                ServerProcess other = server(
                        "memory,redis",
                        "--quarkus.redis.hosts=rediss://127.0.0.1:" + tlsPort,
                        "--quarkus.redis.tls-configuration-name=redis",
                        "--quarkus.tls.redis.hostname-verification-algorithm=HTTPS",
                        "--quarkus.tls.redis.trust-store.pem.certs=" + authority)) {
            other.await("models are available").await("Redis answers").await("Listening on");
            assertThat(explained(one)).as("measured itself").contains("\"measured\"");
            assertThat(explained(other)).as("what the first one has measured").contains("\"kept\"");
            eventually(() -> ask(one, 1.5f).equals("hit; tier=redis"));
            eventually(() -> ask(other, 1.5f).startsWith("hit"));
            AtomicBoolean over = new AtomicBoolean();
            ExecutorService callers = Executors.newFixedThreadPool(4);
            List<Future<Integer>> asked = new ArrayList<>();
            for (int caller = 0; caller < 4; caller++) {
                SplittableRandom random = new SplittableRandom(caller);
                ServerProcess server = caller % 2 == 0 ? one : other;
                asked.add(callers.submit(() -> load(server, random, over)));
            }
            try {
                redis.kill();
                eventually(() -> ask(one, 1.5f).equals("miss"));
                redis.begin();
                eventually(() -> ask(one, 1.5f).equals("hit; tier=redis"));
                redis.signal("STOP");
                eventually(() -> ask(one, 1.5f).equals("miss"));
                redis.signal("CONT");
                eventually(() -> ask(one, 2.5f).equals("hit; tier=redis"));
            } finally {
                over.set(true);
            }
            for (Future<Integer> all : asked) {
                assertThat(all.get(30, TimeUnit.SECONDS)).isPositive();
            }
            callers.shutdown();
        }
    }

    @Test
    void noPredictionFailsWhenSentinelsFailOver() throws Exception {
        Optional<RealRedis> found = RealRedis.start(Files.createDirectory(folder.resolve("first")));
        assumeTrue(found.isPresent());
        try (RealRedis first = found.get();
                RealRedis second = RealRedis.start(
                                Files.createDirectory(folder.resolve("second")),
                                "--replicaof",
                                "127.0.0.1",
                                Integer.toString(first.port()))
                        .orElseThrow()) {
            // Sentinels look for replicas when they begin, and then not for ten seconds.
            eventually(() -> first.says("INFO replication", "state=online"));
            try (RealRedis sentinel = RealRedis.sentinel(Files.createDirectory(folder.resolve("sentinel")), first);
                    ServerProcess server = ready(server(
                            "redis",
                            "--quarkus.redis.client-type=sentinel",
                            "--quarkus.redis.hosts=redis://127.0.0.1:" + sentinel.port(),
                            "--quarkus.redis.master-name=hearth"))) {
                eventually(() -> ask(server, 1.5f).equals("hit; tier=redis"));
                eventually(() -> second.says("DBSIZE", ":") && !second.says("DBSIZE", ":0"));
                AtomicBoolean over = new AtomicBoolean();
                ExecutorService callers = Executors.newFixedThreadPool(2);
                List<Future<Integer>> asked = new ArrayList<>();
                for (int caller = 0; caller < 2; caller++) {
                    SplittableRandom random = new SplittableRandom(caller);
                    asked.add(callers.submit(() -> load(server, random, over)));
                }
                try {
                    first.kill();
                    eventually(() -> second.says("ROLE", "master"));
                    eventually(() -> ask(server, 1.5f).equals("hit; tier=redis"));
                    // What was not known before: the new one is written to.
                    eventually(() -> ask(server, 300.5f).equals("hit; tier=redis"));
                } finally {
                    over.set(true);
                }
                for (Future<Integer> all : asked) {
                    assertThat(all.get(30, TimeUnit.SECONDS)).isPositive();
                }
                callers.shutdown();
            }
        }
    }

    private int load(ServerProcess server, SplittableRandom random, AtomicBoolean over)
            throws IOException, InterruptedException {
        int answered = 0;
        while (!over.get()) {
            ask(server, random.nextInt(200));
            answered++;
        }
        return answered;
    }
}
