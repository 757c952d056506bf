import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.tensorflow.DataType;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What a server is asked before its first day: predictions of every model over REST and gRPC, alone and many at once, what
 * an orchestrator asks, and one more version of every small model while requests go on: code that has never seen a swap is
 * compiled as if there were none, thrown away at the first one, and compiled again beside users. Inputs are the sample beside
 * the model ({@code samples/MODEL_predict.json}) or zeros in the shape of the signature. Run from its source, with the server's class path: REST_PORT GRPC_PORT REQUESTS MODELS_FOLDER;
 * the folder gets the new versions, as links. With a single request nothing is swapped.
 */
public final class Rehearsal {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int AT_ONCE = 8;
    /** Both versions are in memory for a moment. */
    private static final long LARGEST_SWAPPED = 64 << 20;
    private static final MethodDescriptor<PredictRequest, PredictResponse> PREDICT =
            MethodDescriptor.<PredictRequest, PredictResponse>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("tensorflow.serving.PredictionService/Predict")
                    .setRequestMarshaller(ProtoUtils.marshaller(PredictRequest.getDefaultInstance()))
                    .setResponseMarshaller(ProtoUtils.marshaller(PredictResponse.getDefaultInstance()))
                    .build();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ManagedChannel channel;
    private final String server;
    private final Path models;
    private int answered;

    private Rehearsal(int rest, int grpc, Path models) {
        this.server = "http://127.0.0.1:" + rest;
        this.channel = NettyChannelBuilder.forAddress("127.0.0.1", grpc).usePlaintext().build();
        this.models = models;
    }

    public static void main(String[] args) throws Exception {
        Rehearsal rehearsal = new Rehearsal(Integer.parseInt(args[0]), Integer.parseInt(args[1]), Path.of(args[3]));
        rehearsal.awaitReady();
        int requests = Integer.parseInt(args[2]);
        List<Calls> all = new ArrayList<>();
        for (String model : rehearsal.models()) {
            if (rehearsal.available("/v1/models/" + model)) {
                Calls calls = rehearsal.calls(model);
                all.add(calls);
                rehearsal.play(calls, requests);
            } else {
                System.err.println("rehearsal: " + model + " is not available and is left out");
            }
        }
        if (requests > 1) {
            rehearsal.swap(all, requests);
        }
        for (String page : List.of("/q/health/live", "/q/health/started", "/q/metrics", "/v1/models")) {
            rehearsal.send("GET", page, "");
        }
        rehearsal.channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        if (rehearsal.answered == 0) {
            System.err.println("rehearsal: not one prediction was answered");
            System.exit(1);
        }
        System.exit(0);
    }

    private void awaitReady() throws InterruptedException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120); ; ) {
            try {
                if (send("GET", "/q/health/ready", "").statusCode() == 200) {
                    return;
                }
            } catch (IOException notYet) {
                // The port is not open.
            }
            if (System.nanoTime() > end) {
                System.err.println("rehearsal: the server is not ready after two minutes");
                System.exit(1);
            }
            Thread.sleep(20);
        }
    }

    /**
     * Folders with a version in them. The server's own list would do, but it takes nine hundred classes that no prediction
     * needs, and a start loads all that a rehearsal has.
     */
    private List<String> models() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(models, Files::isDirectory)) {
            for (Path folder : folders) {
                try (DirectoryStream<Path> versions = Files.newDirectoryStream(folder, "[0-9]*")) {
                    if (versions.iterator().hasNext()) {
                        names.add(folder.getFileName().toString());
                    }
                }
            }
        }
        return names;
    }

    private boolean available(String path) throws IOException, InterruptedException {
        return send("GET", path, "").body().contains("\"AVAILABLE\"");
    }

    private Calls calls(String model) throws IOException, InterruptedException {
        JsonNode inputs = get("/v1/models/" + model + "/metadata")
                .at("/metadata/signature_def/signature_def/serving_default/inputs");
        Path sample = models.resolve("samples").resolve(model + "_predict.json");
        String body = Files.exists(sample) ? Files.readString(sample) : zeros(inputs);
        HttpRequest rest = HttpRequest.newBuilder(URI.create(server + "/v1/models/" + model + ":predict"))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return new Calls(model, rest, request(model, inputs));
    }

    private void play(Calls calls, int requests) throws InterruptedException {
        for (int i = 0; i < requests; i += AT_ONCE) {
            // One after the other in every second round: that is how the first requests come to a new process.
            if (i / AT_ONCE % 2 == 0) {
                for (int k = 0; k < AT_ONCE; k++) {
                    count(rest(calls));
                    count(grpc(calls));
                }
            } else {
                together(List.of(calls));
            }
        }
    }

    /** New versions of all small models under load, and the first requests to them. */
    private void swap(List<Calls> all, int requests) throws IOException, InterruptedException {
        List<String> coming = new ArrayList<>();
        List<Calls> small = new ArrayList<>();
        for (Calls calls : all) {
            Path folder = models.resolve(calls.model());
            Path newest = newest(folder);
            if (size(newest.toRealPath()) <= LARGEST_SWAPPED) {
                String next = Long.toString(Long.parseLong(newest.getFileName().toString()) + 1);
                Files.createSymbolicLink(folder.resolve(next), newest.toRealPath());
                coming.add("/v1/models/" + calls.model() + "/versions/" + next);
                small.add(calls);
            }
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        for (int i = 0; !small.isEmpty() && (i < requests || !coming.isEmpty()); i += AT_ONCE) {
            together(small);
            if (!coming.isEmpty() && available(coming.get(0))) {
                coming.remove(0);
                i = 0;
            }
            if (System.nanoTime() > end) {
                System.err.println("rehearsal: " + coming + " did not come in a minute");
                return;
            }
        }
    }

    private static Path newest(Path folder) throws IOException {
        try (Stream<Path> versions = Files.list(folder)) {
            return versions.filter(version -> version.getFileName().toString().matches("[0-9]+"))
                    .max(Comparator.comparingLong(version -> Long.parseLong(version.getFileName().toString())))
                    .orElseThrow();
        }
    }

    private static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(Path::toFile).filter(File::isFile).mapToLong(File::length).sum();
        }
    }

    private void together(List<Calls> all) throws InterruptedException {
        List<Future<?>> open = new ArrayList<>();
        for (int k = 0; k < AT_ONCE; k++) {
            for (Calls calls : all) {
                open.add(rest(calls));
                open.add(grpc(calls));
            }
        }
        for (Future<?> answer : open) {
            count(answer);
        }
    }

    private Future<?> rest(Calls calls) {
        return http.sendAsync(calls.rest(), HttpResponse.BodyHandlers.ofString());
    }

    private Future<?> grpc(Calls calls) {
        return ClientCalls.futureUnaryCall(channel.newCall(PREDICT, CallOptions.DEFAULT), calls.grpc());
    }

    /** A model need not accept what is made up here; the way to it and back is rehearsed all the same. */
    private void count(Future<?> answer) throws InterruptedException {
        try {
            Object value = answer.get(30, TimeUnit.SECONDS);
            answered += !(value instanceof HttpResponse<?> http) || http.statusCode() == 200 ? 1 : 0;
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException refused) {
            // Counted by not being counted.
        }
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        return JSON.readTree(send("GET", path, "").body());
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(server + path))
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Unknown dimensions are 1. */
    private static List<Integer> shape(JsonNode input) {
        List<Integer> shape = new ArrayList<>();
        input.at("/tensor_shape/dim").forEach(dim -> shape.add(Math.max(1, dim.path("size").asInt())));
        return shape;
    }

    private static String zeros(JsonNode inputs) {
        StringJoiner members = new StringJoiner(",", "{\"inputs\":{", "}}");
        for (Map.Entry<String, JsonNode> input : inputs.properties()) {
            String one = switch (input.getValue().path("dtype").asText()) {
                case "DT_STRING" -> "\"\"";
                case "DT_BOOL" -> "false";
                case "DT_FLOAT", "DT_DOUBLE", "DT_HALF", "DT_BFLOAT16" -> "0.5";
                default -> "0";
            };
            List<Integer> shape = shape(input.getValue());
            for (int i = shape.size() - 1; i >= 0; i--) {
                one = "[" + (one + ",").repeat(shape.get(i) - 1) + one + "]";
            }
            members.add("\"" + input.getKey() + "\":" + one);
        }
        return members.toString();
    }

    private static PredictRequest request(String model, JsonNode inputs) {
        PredictRequest.Builder request =
                PredictRequest.newBuilder().setModelSpec(ModelSpec.newBuilder().setName(model));
        for (Map.Entry<String, JsonNode> input : inputs.properties()) {
            DataType type = DataType.valueOf(input.getValue().path("dtype").asText());
            TensorProto.Builder tensor = TensorProto.newBuilder().setDtype(type);
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
            int count = 1;
            for (int size : shape(input.getValue())) {
                shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
                count *= size;
            }
            for (int i = 0; i < count; i++) {
                switch (type) {
                    case DT_FLOAT -> tensor.addFloatVal(0.5f);
                    case DT_DOUBLE -> tensor.addDoubleVal(0.5);
                    case DT_INT64 -> tensor.addInt64Val(0);
                    case DT_BOOL -> tensor.addBoolVal(false);
                    case DT_STRING -> tensor.addStringVal(ByteString.EMPTY);
                    default -> tensor.addIntVal(0);
                }
            }
            request.putInputs(input.getKey(), tensor.setTensorShape(shape).build());
        }
        return request.build();
    }

    private record Calls(String model, HttpRequest rest, PredictRequest grpc) {}
}
