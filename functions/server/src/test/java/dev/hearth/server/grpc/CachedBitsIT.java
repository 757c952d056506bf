package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.tensorflow.DataType;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import dev.hearth.server.fallback.ServerProcess;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random questions to a real model, again and again, sent in every way, while versions come and go: an answer from the cache is
 * what the version that is served computes, to the last bit.
 */
class CachedBitsIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PIXELS = 64;
    private static final int QUESTIONS = 12;
    private static final int ASKED = 120;
    private static final long SEED = 20;
    private static final Metadata.Key<String> CONTROL =
            Metadata.Key.of("cache-control", Metadata.ASCII_STRING_MARSHALLER);

    @TempDir
    Path folder;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final SplittableRandom random = new SplittableRandom(SEED);
    private int hits;
    private int partial;

    @Test
    void cachedAnswersAreThoseThatWouldBeComputed() throws Exception {
        Path models = Path.of(System.getProperty("repository.root"), "config/models/digits");
        copy(models.resolve("1"), folder.resolve("digits/1"));
        int port = ServerProcess.freePort();
        try (ServerProcess server = ServerProcess.start(
                        port,
                        "--model_name=digits",
                        "--model_base_path=" + folder.resolve("digits"),
                        "--file_system_poll_wait_seconds=1",
                        "--hearth.models.digits.cache.enabled=true");
                Closing client = new Closing(new GrpcClient(port))) {
            server.await("models are available").await("Listening on");
            List<float[]> questions = questions();
            mixed(server, client.client(), questions);
            copy(models.resolve("2"), folder.resolve("digits/2"));
            served(server, 2);
            mixed(server, client.client(), questions);
            delete(folder.resolve("digits/2"));
            served(server, 1);
            mixed(server, client.client(), questions);
        }
        assertThat(hits).as("answers from the cache").isGreaterThan(ASKED);
        assertThat(partial).as("answers of which some rows were known").isPositive();
    }

    private record Closing(GrpcClient client) implements AutoCloseable {
        @Override
        public void close() {
            client.close();
        }
    }

    private List<float[]> questions() {
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            float[] row = new float[PIXELS];
            for (int pixel = 0; pixel < PIXELS; pixel++) {
                row[pixel] = i == 0 ? -0.0f : random.nextInt(0, 1600) / 100f;
            }
            rows.add(row);
        }
        return rows;
    }

    private void mixed(ServerProcess server, GrpcClient client, List<float[]> questions) throws Exception {
        for (int i = 0; i < ASKED; i++) {
            float[][] rows = new float[1 + random.nextInt(5)][];
            for (int row = 0; row < rows.length; row++) {
                rows[row] = questions.get(random.nextInt(QUESTIONS));
            }
            int[] computed = bits(grpc(client, rows, true, "no-store"));
            int form = random.nextInt(5);
            int[] answer =
                    switch (form) {
                        case 0 -> bits(grpc(client, rows, false, null));
                        case 1 -> bits(grpc(client, rows, true, null));
                        case 2 -> rest(server, "/v1/models/digits:predict", "{\"instances\":" + images(rows) + "}");
                        case 3 -> rest(server, "/v1/models/digits:predict", "{\"inputs\":" + images(rows) + "}");
                        default -> rest(server, "/v2/models/digits/infer", inference(rows));
                    };
            assertThat(answer)
                    .as("seed %d, request %d in form %d", SEED, i, form)
                    .isEqualTo(computed);
        }
    }

    private static PredictResponse grpc(GrpcClient client, float[][] rows, boolean packed, @Nullable String control) {
        TensorProto.Builder images = TensorProto.newBuilder()
                .setDtype(DataType.DT_FLOAT)
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(rows.length))
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(8))
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(8))
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(1)));
        ByteBuffer content =
                ByteBuffer.allocate(rows.length * PIXELS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : rows) {
            for (float value : row) {
                content.putFloat(value);
                if (packed) {
                    images.addFloatVal(value);
                }
            }
        }
        if (!packed) {
            images.setTensorContent(ByteString.copyFrom(content.flip()));
        }
        Metadata sent = new Metadata();
        if (control != null) {
            sent.put(CONTROL, control);
        }
        Channel channel =
                ClientInterceptors.intercept(client.channel(), MetadataUtils.newAttachHeadersInterceptor(sent));
        @SuppressWarnings("unchecked") // a descriptor by messages has their types
        MethodDescriptor<PredictRequest, PredictResponse> method =
                (MethodDescriptor<PredictRequest, PredictResponse>) GrpcClient.descriptor(
                        PREDICTION + "Predict",
                        PredictRequest.getDefaultInstance(),
                        PredictResponse.getDefaultInstance());
        return ClientCalls.blockingUnaryCall(
                channel,
                method,
                CallOptions.DEFAULT,
                PredictRequest.newBuilder()
                        .setModelSpec(ModelSpec.newBuilder().setName("digits"))
                        .putInputs("images", images.build())
                        .build());
    }

    private static int[] bits(PredictResponse answer) {
        return answer.getOutputsOrThrow("probabilities").getFloatValList().stream()
                .mapToInt(Float::floatToRawIntBits)
                .toArray();
    }

    private int[] rest(ServerProcess server, String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(server.uri(path))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        String used = answer.headers().firstValue("hearth-cache").orElse("");
        hits += used.startsWith("hit") ? 1 : 0;
        partial += used.startsWith("partial") ? 1 : 0;
        List<Integer> bits = new ArrayList<>();
        JsonNode json = JSON.readTree(answer.body());
        for (JsonNode output : json.path("outputs")) {
            if (output.path("name").asText().equals("probabilities")) {
                add(output.path("data"), bits);
            }
        }
        add(json.path("outputs").path("probabilities"), bits);
        for (JsonNode row : json.path("predictions")) {
            add(row.path("probabilities"), bits);
        }
        return bits.stream().mapToInt(Integer::intValue).toArray();
    }

    private static void add(JsonNode numbers, List<Integer> bits) {
        if (numbers.isNumber()) {
            bits.add(Float.floatToRawIntBits(Float.parseFloat(numbers.asText())));
        }
        numbers.forEach(number -> add(number, bits));
    }

    private static String images(float[][] rows) {
        List<String> images = new ArrayList<>();
        for (float[] row : rows) {
            StringBuilder image = new StringBuilder("[");
            for (int pixel = 0; pixel < PIXELS; pixel++) {
                image.append(pixel % 8 == 0 ? (pixel == 0 ? "[" : "],[") : ",")
                        .append('[')
                        .append(row[pixel])
                        .append(']');
            }
            images.add(image.append("]]").toString());
        }
        return images.toString();
    }

    private static String inference(float[][] rows) {
        StringBuilder data = new StringBuilder();
        for (float[] row : rows) {
            for (float value : row) {
                data.append(data.isEmpty() ? "" : ",").append(value);
            }
        }
        return "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":[" + rows.length
                + ",8,8,1],\"data\":[" + data + "]}]}";
    }

    /** Until the version answers those who name none. */
    private void served(ServerProcess server, int version) throws Exception {
        long begun = System.nanoTime();
        while (true) {
            String status = http.send(
                            HttpRequest.newBuilder(server.uri("/v1/models/digits"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            List<String> available = new ArrayList<>();
            for (JsonNode one : JSON.readTree(status).path("model_version_status")) {
                if (one.path("state").asText().equals("AVAILABLE")) {
                    available.add(one.path("version").asText());
                }
            }
            if (available.equals(List.of(String.valueOf(version)))) {
                return;
            }
            if (System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(60)) {
                throw new AssertionError("version " + version + " is not served: " + status);
            }
            Thread.sleep(50);
        }
    }

    /** Complete at once for whoever looks. */
    private static void copy(Path from, Path to) throws IOException {
        Path building = to.resolveSibling("." + to.getFileName());
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Path copy = building.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(path, copy);
                }
            }
        }
        Files.move(building, to);
    }

    private static void delete(Path version) throws IOException {
        Path gone = version.resolveSibling(".gone");
        Files.move(version, gone);
    }
}
