package dev.hearth.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.lambda.runtime.PackagedFunction;
import dev.hearth.lambda.runtime.RuntimeApi;
import dev.hearth.lambda.s3.LocalS3;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts of the packaged zip that go another way: with a snapshot, with models from S3, without models. */
class SnapStartIT {

    private static final Path MODEL = Path.of(
            System.getProperty("repository.root"), "src/backends/tflite/test/resources/models/half_plus_two_lite");
    private static final String EVENT = "{\"model\":\"half_plus_two_lite\",\"body\":{\"instances\":[1.0]}}";

    @TempDir
    static Path folder;

    private static Path task;

    @BeforeAll
    static void unpack() throws IOException {
        task = folder.resolve("task");
        PackagedFunction.unpack(Path.of(System.getProperty("function.zip")), task);
    }

    @Test
    void aSnapshotIsPrimedWithModelsFromS3AndAnswersWhenItIsRestored() throws Exception {
        try (LocalS3 s3 = new LocalS3();
                RuntimeApi api = new RuntimeApi()) {
            byte[] archive = LocalS3.archive(MODEL);
            s3.put("m.zip", archive);
            Map<String, String> variables = new TreeMap<>(s3.environment("m.zip", LocalS3.sha256(archive)));
            variables.put("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
            variables.put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + folder);
            try (PackagedFunction function = PackagedFunction.launch(task, variables, api)) {
                assertThat(function.log()).contains("Models fetched from s3://models/m.zip", "Primed for the snapshot");
                api.restore();
                api.started().get(30, TimeUnit.SECONDS);
                assertThat(function.log()).contains("Restored: every model answers");
                long begun = System.nanoTime();
                assertThat(api.invoke(EVENT).text()).contains("\"predictions\": [2.5");
                System.out.printf(
                        "Lambda snapshot: ready after %d ms, first event after the restore %d ms%n",
                        function.init().toMillis(), (System.nanoTime() - begun) / 1_000_000);
            }
        }
    }

    @Test
    void aFunctionWithoutModelsFailsInItsInitPhaseAndSaysWhy() throws IOException {
        try (RuntimeApi api = new RuntimeApi();
                PackagedFunction function = PackagedFunction.launch(task, Map.of(), api)) {
            RuntimeApi.Outcome outcome = api.started().join();
            if (!outcome.error()) {
                outcome = api.invoke(EVENT);
            }
            assertThat(outcome.error()).isTrue();
            assertThat(outcome.text() + function.log()).contains("model_base_path");
        }
    }
}
