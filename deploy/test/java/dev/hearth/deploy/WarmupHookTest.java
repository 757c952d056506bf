package dev.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The hook of autoscalers, as a process against something that answers like a server. */
class WarmupHookTest {

    private final List<String> calls = new CopyOnWriteArrayList<>();

    @TempDir
    Path folder;

    private HttpServer server;
    private volatile int notReady;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            calls.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            boolean ready = !exchange.getRequestURI().getPath().equals("/q/health/ready") || notReady-- <= 0;
            exchange.sendResponseHeaders(ready ? 200 : 503, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void warmsUpOnceTheServerIsReady() throws IOException, InterruptedException {
        notReady = 2;

        assertThat(hook(server.getAddress().getPort(), "20")).isZero();

        assertThat(calls)
                .containsExactly(
                        "GET /q/health/ready", "GET /q/health/ready", "GET /q/health/ready", "POST /functions/warmup");
    }

    @Test
    void sendsItsKeyToThePortForAdministrators() throws IOException, InterruptedException {
        Path key = Files.writeString(folder.resolve("key"), "hearth_secret\n");
        HttpServer administrators = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        administrators.createContext("/", exchange -> {
            calls.add(exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        administrators.start();
        try {
            assertThat(hook(
                            server.getAddress().getPort(),
                            "20",
                            Map.of(
                                    "HEARTH_WARMUP_KEY_FILE",
                                    key.toString(),
                                    "HEARTH_SECURITY_ADMIN_PORT",
                                    String.valueOf(administrators.getAddress().getPort()))))
                    .isZero();
        } finally {
            administrators.stop(0);
        }
        assertThat(calls).containsExactly("GET /q/health/ready", "/functions/warmup Bearer hearth_secret");
    }

    @Test
    void neverFails() throws IOException, InterruptedException {
        server.stop(0);

        assertThat(hook(server.getAddress().getPort(), "0")).isZero();
        assertThat(calls).isEmpty();
    }

    @Test
    void tellsWhetherTheServerIsReady() throws IOException, InterruptedException {
        notReady = 1;

        assertThat(hook(server.getAddress().getPort(), "--ready")).isNotZero();
        assertThat(hook(server.getAddress().getPort(), "--ready")).isZero();
    }

    private static int hook(int port, String argument) throws IOException, InterruptedException {
        return hook(port, argument, Map.of());
    }

    private static int hook(int port, String argument, Map<String, String> variables)
            throws IOException, InterruptedException {
        ProcessBuilder hook = new ProcessBuilder(
                        Repository.ROOT.resolve("tools/package/hearth-warmup").toString(), argument)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        hook.environment().remove("HEARTH_REST_PORT");
        hook.environment().put("PORT", String.valueOf(port));
        hook.environment().putAll(variables);
        return hook.start().waitFor();
    }
}
