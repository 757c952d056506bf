package dev.hearth.lambda.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ModelDownloadTest {

    private static final String KEY = "a folder/lite+1.zip";
    private static final Path MODEL = Path.of(
            System.getProperty("repository.root"), "src/backends/tflite/test/resources/models/half_plus_two_lite");

    private static LocalS3 s3;
    private static byte[] archive;
    private static String digest;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws Exception {
        s3 = new LocalS3();
        archive = LocalS3.archive(MODEL);
        digest = LocalS3.sha256(archive);
        s3.put(KEY, archive);
    }

    @AfterAll
    static void stop() throws Exception {
        s3.close();
    }

    private Path fetch(Map<String, String> environment) throws IOException {
        return ModelDownload.of(environment, folder).orElseThrow().fetch();
    }

    @Test
    void fetchesAndUnpacksWhatTheDigestSays() throws IOException {
        Path models = fetch(s3.environment(KEY, digest));
        assertThat(models.resolve("half_plus_two_lite/1/model.tflite"))
                .hasSameBinaryContentAs(MODEL.resolve("1/model.tflite"));
        try (var left = Files.list(folder)) {
            assertThat(left).containsExactly(models);
        }
    }

    @Test
    void usesWhatIsThere() throws IOException {
        Path models = fetch(s3.environment(KEY, digest));
        Map<String, String> nobodyThere = s3.environment(KEY, digest);
        nobodyThere.put("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1");
        assertThat(fetch(nobodyThere)).isEqualTo(models);
    }

    @Test
    void refusesAnotherDigest() {
        String other = digest.replace(digest.charAt(0), digest.charAt(0) == 'a' ? 'b' : 'a');
        assertThatThrownBy(() -> fetch(s3.environment(KEY, other))).hasMessageContaining("has SHA-256 " + digest);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void refusesToLoadWhatNobodyHasVouchedFor() {
        assertThatThrownBy(() -> ModelDownload.of(s3.environment(KEY, ""), folder))
                .hasMessageContaining("HEARTH_LAMBDA_MODELS_SHA256 must be");
    }

    @Test
    void saysWhatS3Says() {
        assertThatThrownBy(() -> fetch(s3.environment("none.zip", digest)))
                .hasMessageContaining("404")
                .hasMessageContaining("NoSuchKey");
        Map<String, String> stranger = s3.environment(KEY, digest);
        stranger.put("AWS_SECRET_ACCESS_KEY", "guessed");
        assertThatThrownBy(() -> fetch(stranger))
                .hasMessageContaining("403")
                .hasMessageContaining("SignatureDoesNotMatch");
    }

    @Test
    void asksTheEndpointForCredentialsWhereTheEnvironmentHasNone() throws IOException {
        try (ScriptedHttp endpoint = new ScriptedHttp(exchange -> {
            boolean known = "token-1".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = ("{\"AccessKeyId\":\"" + LocalS3.KEY_ID + "\",\"SecretAccessKey\":\"" + LocalS3.SECRET
                            + "\"}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(known ? 200 : 401, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        })) {
            Map<String, String> restored = s3.environment(KEY, digest);
            restored.remove("AWS_ACCESS_KEY_ID");
            restored.remove("AWS_SECRET_ACCESS_KEY");
            assertThatThrownBy(() -> fetch(restored)).hasMessageContaining("No credentials for S3");
            restored.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.address() + "/credentials");
            restored.put("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token-1");
            assertThat(fetch(restored)).isDirectory();
        }
    }

    @Test
    void asksAStoreThatIsBusyAgain() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedHttp busy = new ScriptedHttp(exchange -> {
            boolean ready = asked.incrementAndGet() > 3;
            exchange.sendResponseHeaders(ready ? 200 : asked.get() == 1 ? 429 : 503, ready ? archive.length : -1);
            if (ready) {
                exchange.getResponseBody().write(archive);
            }
            exchange.close();
        })) {
            assertThat(fetch(of(busy, 60))).isDirectory();
            assertThat(asked).hasValue(4);
        }
    }

    @Test
    void takesNoAnswerThatBreaksOffForWhole() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedHttp broken = new ScriptedHttp(exchange -> {
            exchange.sendResponseHeaders(200, archive.length);
            exchange.getResponseBody().write(archive, 0, asked.incrementAndGet() > 1 ? archive.length : 100);
            exchange.close();
        })) {
            assertThat(fetch(of(broken, 60))).isDirectory();
            assertThat(asked).hasValue(2);
        }
    }

    @Test
    void givesUpAfterTheLimitAndSaysWhy() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedHttp down = new ScriptedHttp(exchange -> {
            asked.incrementAndGet();
            exchange.sendResponseHeaders(500, -1);
            exchange.close();
        })) {
            assertThatThrownBy(() -> fetch(of(down, 2)))
                    .hasMessageContaining("cannot be had: tried")
                    .hasMessageContaining("HEARTH_LAMBDA_MODELS_SECONDS");
            assertThat(asked).hasPositiveValue();
        }
    }

    @Test
    @Timeout(120)
    void doesNotWaitForeverForBytesThatTrickle() throws IOException {
        CountDownLatch over = new CountDownLatch(1);
        try (ScriptedHttp slow = new ScriptedHttp(exchange -> {
            exchange.sendResponseHeaders(200, 1 << 20);
            try (OutputStream out = exchange.getResponseBody()) {
                do {
                    out.write(0);
                    out.flush();
                } while (!over.await(20, TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        })) {
            try {
                assertThatThrownBy(() -> fetch(of(slow, 1))).hasMessageContaining("cannot be had: tried 1 times");
            } finally {
                over.countDown();
            }
        }
    }

    @Test
    void refusesATimeLimitThatIsNone() {
        Map<String, String> environment = s3.environment(KEY, digest);
        environment.put(ModelDownload.SECONDS, "soon");
        assertThatThrownBy(() -> ModelDownload.of(environment, folder))
                .hasMessageContaining("from 1 to 9999, not soon");
    }

    private static Map<String, String> of(ScriptedHttp store, int seconds) {
        Map<String, String> environment = s3.environment(KEY, digest);
        environment.put("AWS_ENDPOINT_URL_S3", store.address());
        environment.put(ModelDownload.SECONDS, Integer.toString(seconds));
        return environment;
    }

    @Test
    void refusesEntriesOutsideOfTheArchive() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("../outside"));
            zip.write(1);
        }
        s3.put("bad.zip", out.toByteArray());
        String bad = LocalS3.sha256(out.toByteArray());
        assertThatThrownBy(() -> fetch(s3.environment("bad.zip", bad))).hasMessageContaining("outside of it");
        assertThat(folder.resolveSibling("outside")).doesNotExist();
    }
}
