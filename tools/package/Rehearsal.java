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
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * What a server is asked before its first day: predictions of every model over REST and gRPC, alone and many at once, and what
 * an orchestrator asks. Inputs are the sample beside the model ({@code samples/MODEL_predict.json}) or zeros in the shape of the
 * signature. Run from its source, with the server's class path: REST_PORT GRPC_PORT REQUESTS MODELS_FOLDER.
 */
public final class Rehearsal {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int AT_ONCE = 8;
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
        for (String model : rehearsal.models()) {
            if (rehearsal.available(model)) {
                rehearsal.play(model, Integer.parseInt(args[2]));
            } else {
                System.err.println("rehearsal: " + model + " is not available and is left out");
            }
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

    private boolean available(String model) throws IOException, InterruptedException {
        return send("GET", "/v1/models/" + model, "").body().contains("\"AVAILABLE\"");
    }

    private void play(String model, int requests) throws IOException, InterruptedException {
        JsonNode inputs = get("/v1/models/" + model + "/metadata")
                .at("/metadata/signature_def/signature_def/serving_default/inputs");
        Path sample = models.resolve("samples").resolve(model + "_predict.json");
        String body = Files.exists(sample) ? Files.readString(sample) : zeros(inputs);
        PredictRequest request = request(model, inputs);
        String path = "/v1/models/" + model + ":predict";
        for (int i = 0; i < requests; i += AT_ONCE) {
            List<Future<?>> open = new ArrayList<>();
            // One after the other in every second round: that is how the first requests come to a new process.
            for (int k = 0; k < AT_ONCE; k++) {
                Future<HttpResponse<String>> rest = http.sendAsync(
                        HttpRequest.newBuilder(URI.create(server + path))
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                Future<PredictResponse> grpc =
                        ClientCalls.futureUnaryCall(channel.newCall(PREDICT, CallOptions.DEFAULT), request);
                if (i / AT_ONCE % 2 == 0) {
                    count(rest);
                    count(grpc);
                } else {
                    open.add(rest);
                    open.add(grpc);
                }
            }
            for (Future<?> answer : open) {
                count(answer);
            }
        }
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
}
