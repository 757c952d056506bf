package dev.hearth.loadtests.chaos;

import dev.hearth.loadtests.server.RedisProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** The Redis that keeps answers goes, stops, or says what no Redis says: answers are computed meanwhile. */
public abstract class RedisFault implements Fault {

    private static final long LASTS_MILLIS = 4000;

    private final String name;
    private final RedisProcess redis;

    private RedisFault(String name, RedisProcess redis) {
        this.name = name;
        this.redis = redis;
    }

    public static List<Fault> all(RedisProcess redis) {
        return List.of(
                new RedisFault("Redis killed", redis) {
                    @Override
                    void during(RedisProcess victim) throws IOException, InterruptedException {
                        victim.kill();
                        Thread.sleep(LASTS_MILLIS);
                        victim.begin();
                    }
                },
                new RedisFault("Redis stopped", redis) {
                    @Override
                    void during(RedisProcess victim) throws IOException, InterruptedException {
                        victim.signal("STOP");
                        Thread.sleep(LASTS_MILLIS);
                        victim.signal("CONT");
                    }
                },
                new RedisFault("Redis says nonsense", redis) {
                    @Override
                    void during(RedisProcess victim) throws IOException, InterruptedException {
                        victim.kill();
                        nonsense(victim.port());
                        victim.begin();
                    }
                });
    }

    abstract void during(RedisProcess victim) throws IOException, InterruptedException;

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Finding strike(Victim victim) throws IOException, InterruptedException {
        double before = hits(victim);
        during(redis);
        boolean answers = victim.answers();
        // Connections are tried again after a while, and the circuit closes after some more.
        long end = System.nanoTime() + 30_000_000_000L;
        double after = hits(victim);
        boolean used = false;
        while (!used && System.nanoTime() < end) {
            Thread.sleep(200);
            used = hits(victim) > after;
        }
        return new Finding(
                answers && used,
                (answers ? "requests are answered, " : "requests are not answered, ")
                        + (used ? "and Redis is used again" : "but Redis is not used again")
                        + " (%.0f hits before)".formatted(before));
    }

    private static double hits(Victim victim) throws IOException, InterruptedException {
        return victim.server()
                .get("/q/metrics")
                .lines()
                .filter(line -> line.startsWith("hearth_cache_rows_total{"))
                .filter(line -> line.contains("tier=\"redis\"") && line.contains("outcome=\"hit\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Whatever is asked on that port: bytes without sense, for some seconds. */
    private static void nonsense(int port) throws IOException, InterruptedException {
        byte[] bytes = new byte[4096];
        new Random(7).nextBytes(bytes);
        // The first of them decides how the rest is read: a length that is none, an array that never ends, plain
        // rubbish.
        byte[][] beginnings = {ascii("$-5\r\n"), ascii("*1000000\r\n$3\r\n"), ascii(":x\r\n"), bytes};
        try (ServerSocket listening = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            listening.setSoTimeout(100);
            long end = System.nanoTime() + LASTS_MILLIS * 1_000_000;
            for (int i = 0; System.nanoTime() < end; i++) {
                try (Socket socket = listening.accept()) {
                    socket.getOutputStream().write(beginnings[i % beginnings.length]);
                    socket.getOutputStream().write(bytes);
                    Thread.sleep(50);
                } catch (IOException nobodyOrGone) {
                    continue;
                }
            }
        }
    }
}
