package dev.hearth.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.server.fallback.ServerProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged server with a model whose file system does not answer: a pipe that nobody writes to. */
class HangingLoadIT {

    @TempDir
    Path store;

    private static HttpResponse<String> send(ServerProcess server, String target, HttpRequest.BodyPublisher body)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(target)).version(HttpClient.Version.HTTP_1_1);
        return HttpClient.newHttpClient()
                .send(
                        body == null ? request.build() : request.POST(body).build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private void models() throws IOException, InterruptedException {
        Path source = Path.of(System.getProperty("repository.root"), "config/models/half_plus_two/1");
        for (String model : new String[] {"good", "stuck"}) {
            Path version = store.resolve(model).resolve("1");
            try (Stream<Path> files = Files.walk(source)) {
                for (Path file : files.toList()) {
                    Path to = version.resolve(source.relativize(file).toString());
                    Files.createDirectories(to.getParent());
                    Files.copy(file, to);
                }
            }
        }
        Path pipe = store.resolve("stuck/1/saved_model.pb");
        Files.delete(pipe);
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
    }

    @Test
    void othersAreServedItIsToldWhereItHangsAndTheServerStillStops() throws Exception {
        models();
        try (ServerProcess server = ServerProcess.start(
                        ServerProcess.freePort(), "--model_store_path=" + store, "--hearth.lifecycle.slow-load=1S")
                .await("Successfully loaded servable version {name: good version: 1}")
                .await("Loading and warming up {name: stuck version: 1} has taken")
                .await("TF_LoadSessionFromSavedModel")) {
            assertThat(send(
                                    server,
                                    "/v1/models/good:predict",
                                    HttpRequest.BodyPublishers.ofString("{\"instances\": [1.0]}"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(send(server, "/functions/model-status/stuck", null).body())
                    .contains("\"state\":\"LOADING\"");
            assertThat(send(server, "/q/metrics", null).body())
                    .containsPattern("hearth_slow_loads\\{model=\"stuck\",version=\"1\"\\} 1");

            server.terminate();
            assertThat(server.exitValue()).isIn(0, 143);
            assertThat(server.log())
                    .contains("Not everything could be unloaded", "stuck version: 1")
                    .doesNotContain(" ERROR ")
                    .doesNotContain("Ready ");
        }
    }
}
