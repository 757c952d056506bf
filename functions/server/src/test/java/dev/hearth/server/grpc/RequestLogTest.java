package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.golden.GoldenFiles;
import dev.hearth.endpoints.warmup.LoggedRequests;
import dev.hearth.engine.EngineOptions;
import dev.hearth.engine.HungOptions;
import dev.hearth.engine.ResilienceOptions;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.golden.Tolerance;
import dev.hearth.engine.memory.MemoryOptions;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.repository.RepositoryOptions;
import dev.hearth.engine.repository.ServedModel;
import dev.hearth.engine.repository.VersionPolicy;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.protocol.record.PredictionLogReader;
import dev.hearth.protocol.record.PredictionLogs;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.ExampleList;
import dev.hearth.protocol.serving.InferenceTask;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.MultiInferenceRequest;
import dev.hearth.protocol.serving.MultiInferenceResponse;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.serving.PredictionLog;
import dev.hearth.protocol.serving.PredictionLog.LogTypeCase;
import dev.hearth.protocol.tensorflow.Example;
import dev.hearth.protocol.tensorflow.Feature;
import dev.hearth.protocol.tensorflow.Features;
import dev.hearth.protocol.tensorflow.FloatList;
import io.quarkus.arc.All;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls of both protocols end in files of PredictionLog records; each file is finished at once here. */
@QuarkusTest
class RequestLogTest extends GrpcTest {

    private static final Path PREFIX =
            Path.of(ConfigProvider.getConfig().getValue("hearth.request-log.prefix", String.class));

    @Inject
    @All
    List<LoaderFactory> backends;

    @TempDir
    Path models;

    /** Waits for a record like that. */
    private static PredictionLog logged(String model, Predicate<PredictionLog> wanted) throws IOException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); System.nanoTime() < end; ) {
            for (PredictionLog log : all(model)) {
                if (wanted.test(log)) {
                    return log;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        throw new AssertionError("no such record: " + all(model));
    }

    private static List<PredictionLog> all(String model) throws IOException {
        List<PredictionLog> logs = new ArrayList<>();
        for (Path file : files(model)) {
            logs.addAll(records(file));
        }
        return logs;
    }

    private static List<Path> files(String model) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.exists(PREFIX.getParent())) {
            try (Stream<Path> found = Files.list(PREFIX.getParent())) {
                found.filter(file -> file.getFileName().toString().startsWith(PREFIX.getFileName() + "-" + model + ".")
                                && file.toString().endsWith(".tfrecord"))
                        .forEach(files::add);
            }
        }
        return files;
    }

    private static List<PredictionLog> records(Path file) throws IOException {
        List<PredictionLog> logs = new ArrayList<>();
        try (PredictionLogReader reader = PredictionLogs.read(file)) {
            for (PredictionLog log = reader.next(); log != null; log = reader.next()) {
                logs.add(log);
            }
        }
        return logs;
    }

    private String post(String target, String body) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(url.toURI().resolve(target))
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void logsPredictOverGrpcAsItCameAndWasAnswered() throws IOException {
        PredictRequest request = PredictRequest.newBuilder()
                .setModelSpec(spec("half_plus_two"))
                .putInputs(
                        "x",
                        GrpcClient.floats(1, 1, 4711).toBuilder()
                                .clearTensorShape()
                                .build())
                .build();

        PredictResponse answer = client.call(PREDICTION + "Predict", request, PredictResponse.getDefaultInstance());

        PredictionLog log =
                logged("half_plus_two", one -> one.getPredictLog().getRequest().equals(request));
        assertThat(log.getPredictLog().getResponse()).isEqualTo(answer);
        assertThat(log.getLogMetadata().getModelSpec()).isEqualTo(answer.getModelSpec());
        assertThat(log.getLogMetadata().getSamplingConfig().getSamplingRate()).isEqualTo(1);
        assertThat(log.getLogMetadata().getTimestampSecs()).isPositive();
    }

    @Test
    void logsPredictOverRestAsTheMessageThatAsksTheSame() throws Exception {
        post("/v1/models/half_plus_two/versions/1:predict", "{\"instances\": [815.0]}");

        PredictionLog log = logged("half_plus_two", one -> one.getPredictLog()
                .getRequest()
                .getInputsOrDefault("x", GrpcClient.strings())
                .getTensorContent()
                .equals(littleEndian(815)));
        assertThat(log.getPredictLog().getRequest().getModelSpec().getVersion().getValue())
                .isEqualTo(1);
        assertThat(log.getPredictLog().getResponse().getOutputsMap().values())
                .singleElement()
                .satisfies(tensor -> assertThat(tensor.getTensorContent()).isEqualTo(littleEndian(409.5f)));
    }

    @Test
    void logsInferOfTheOpenInferenceProtocolAsThePredictThatAsksTheSame() throws Exception {
        post(
                "/v2/models/half_plus_two/infer",
                "{\"inputs\": [{\"name\": \"x\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [1234.5]}]}");

        PredictionLog log = logged("half_plus_two", one -> one.getPredictLog()
                .getRequest()
                .getInputsOrDefault("x", GrpcClient.strings())
                .getTensorContent()
                .equals(littleEndian(1234.5f)));
        assertThat(log.getPredictLog().getRequest().getModelSpec().getName()).isEqualTo("half_plus_two");
    }

    private static com.google.protobuf.ByteString littleEndian(float value) {
        int bits = Float.floatToIntBits(value);
        return com.google.protobuf.ByteString.copyFrom(
                new byte[] {(byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)});
    }

    private static Input images(float first) {
        FloatList.Builder pixels = FloatList.newBuilder().addValue(first);
        for (int i = 1; i < 64; i++) {
            pixels.addValue(1);
        }
        return Input.newBuilder()
                .setExampleList(ExampleList.newBuilder()
                        .addExamples(Example.newBuilder()
                                .setFeatures(Features.newBuilder()
                                        .putFeature(
                                                "image",
                                                Feature.newBuilder()
                                                        .setFloatList(pixels)
                                                        .build()))))
                .build();
    }

    @Test
    void logsClassifyAndMultiInference() throws IOException {
        ClassificationRequest request = ClassificationRequest.newBuilder()
                .setModelSpec(spec("digits").setSignatureName("classify"))
                .setInput(images(7))
                .build();
        ClassificationResponse answer =
                client.call(PREDICTION + "Classify", request, ClassificationResponse.getDefaultInstance());
        assertThat(logged("digits", one -> one.getClassifyLog().getRequest().equals(request))
                        .getClassifyLog()
                        .getResponse())
                .isEqualTo(answer);

        MultiInferenceRequest several = MultiInferenceRequest.newBuilder()
                .addTasks(InferenceTask.newBuilder()
                        .setModelSpec(spec("digits").setSignatureName("classify"))
                        .setMethodName("tensorflow/serving/classify"))
                .setInput(images(8))
                .build();
        MultiInferenceResponse answers =
                client.call(PREDICTION + "MultiInference", several, MultiInferenceResponse.getDefaultInstance());
        assertThat(logged(
                                "digits",
                                one -> one.getMultiInferenceLog().getRequest().equals(several))
                        .getMultiInferenceLog()
                        .getResponse())
                .isEqualTo(answers);
    }

    @Test
    void logsRegressOverRest() throws Exception {
        String example = "{\"age\": 46.0, \"sex\": 1.0, \"bmi\": 20.6, \"bp\": 73.0, \"s1\": 172.0, \"s2\": 107.0,"
                + " \"s3\": 51.0, \"s4\": 3.0, \"s5\": 4.2485, \"s6\": 80.0}";
        post("/v1/models/diabetes:regress", "{\"signature_name\": \"regress\", \"examples\": [" + example + "]}");

        // Other tests of this server regress with the same model, with inputs of other kinds.
        PredictionLog log = logged(
                "diabetes",
                one -> one.getLogTypeCase() == LogTypeCase.REGRESS_LOG
                        && one.getRegressLog().getRequest().getInput().hasExampleList());
        assertThat(log.getRegressLog().getRequest().getInput().getExampleList().getExamplesCount())
                .isEqualTo(1);
        assertThat(log.getRegressLog().getResponse().getResult().getRegressionsCount())
                .isEqualTo(1);
    }

    /** The files with these records, one after the other, which is one file again. */
    private static byte[] filesWith(String model, PredictionLog... wanted) throws IOException {
        ByteArrayOutputStream together = new ByteArrayOutputStream();
        for (Path file : files(model)) {
            if (records(file).stream().anyMatch(List.of(wanted)::contains)) {
                together.write(Files.readAllBytes(file));
            }
        }
        return together.toByteArray();
    }

    @Test
    void whatWasLoggedWarmsUpANewVersionAndIsItsGoldenAnswers() throws Exception {
        ClassificationRequest classify = ClassificationRequest.newBuilder()
                .setModelSpec(spec("digits").setSignatureName("classify"))
                .setInput(images(9))
                .build();
        MultiInferenceRequest several = MultiInferenceRequest.newBuilder()
                .addTasks(InferenceTask.newBuilder()
                        .setModelSpec(spec("digits").setSignatureName("classify"))
                        .setMethodName("tensorflow/serving/classify"))
                .setInput(images(10))
                .build();
        client.call(PREDICTION + "Classify", classify, ClassificationResponse.getDefaultInstance());
        client.call(PREDICTION + "MultiInference", several, MultiInferenceResponse.getDefaultInstance());
        String row = "[" + "[0.0],".repeat(7) + "[11.0]],";
        post("/v1/models/digits:predict", "{\"instances\": [[" + row.repeat(8).replaceAll(",$", "") + "]]}");
        PredictionLog predicted =
                logged("digits", one -> one.getPredictLog().getRequest().getInputsMap().values().stream()
                        .anyMatch(tensor -> tensor.getTensorContent().endsWith(littleEndian(11))));
        byte[] log = filesWith(
                "digits",
                predicted,
                logged("digits", one -> one.getClassifyLog().getRequest().equals(classify)),
                logged("digits", one -> one.getMultiInferenceLog().getRequest().equals(several)));
        long served = predicted
                .getPredictLog()
                .getResponse()
                .getModelSpec()
                .getVersion()
                .getValue();
        Path models = Path.of(System.getProperty("repository.root"), "config/models/digits");
        Path as = version(models.resolve(Long.toString(served)), 7, log);
        // Trained anew: it answers something else.
        version(models.resolve(served == 1 ? "2" : "1"), 8, log);
        LoggedRequests requests = new LoggedRequests(1 << 20);
        Set<String> ended = ConcurrentHashMap.newKeySet();
        CountDownLatch both = new CountDownLatch(2);
        try (ServingEngine engine = engine(requests)) {
            Runnable unheard = engine.listen(status -> {
                if (status.state() == ServableState.AVAILABLE || status.state() == ServableState.ERROR) {
                    ServingException error = status.error();
                    ended.add(status.id().version() + " " + (error == null ? status.state() : error.getMessage()));
                    both.countDown();
                }
            });
            CompletableFuture<Void> settled = engine.configure(List.of(
                    new ServedModel(new ModelName("again"), as.getParent(), new VersionPolicy.All(), Map.of())));
            assertThat(both.await(60, TimeUnit.SECONDS)).as("ended: %s", ended).isTrue();
            settled.get(60, TimeUnit.SECONDS);
            unheard.run();
        }
        assertThat(ended).contains("7 AVAILABLE").anyMatch(text -> text.startsWith("8 Golden check failed: "));
    }

    /** A version with these files, warmed up with what was logged and asked it. */
    private Path version(Path from, int number, byte[] log) throws IOException {
        Path folder = models.resolve(Integer.toString(number));
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                Path to = folder.resolve(from.relativize(file));
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
            }
        }
        Files.createDirectories(folder.resolve("assets.extra"));
        Files.write(folder.resolve(PredictionLogs.WARMUP_FILE), log);
        Files.write(folder.resolve(GoldenFiles.RECORDS), log);
        return folder;
    }

    private ServingEngine engine(LoggedRequests requests) {
        EngineOptions defaults = EngineOptions.defaults();
        return new ServingEngine(
                new EngineOptions(
                        defaults.manager(),
                        new RepositoryOptions(Duration.ZERO, false),
                        defaults.runs(),
                        defaults.batching(),
                        Optional.empty(),
                        defaults.warmup(),
                        defaults.healing(),
                        defaults.predictor(),
                        new ResilienceOptions(
                                model -> Optional.empty(),
                                MemoryOptions.OFF,
                                HungOptions.DEFAULTS,
                                Map.of(),
                                new GoldenFiles(requests, Tolerance.DEFAULT, 1 << 20)),
                        false,
                        defaults.holdWhileLoading()),
                backends,
                requests,
                ServingMetrics.NONE);
    }
}
