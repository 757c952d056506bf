package dev.hearth.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.endpoints.access.Need;
import dev.hearth.endpoints.access.Role;
import dev.hearth.testkit.HttpContract;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpUtils;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every call that the server has, with too little: none, a wrong key, a key without the role, a key of another model. The
 * calls are found in routes, resource classes and services, so one that nobody has decided about fails here.
 */
@QuarkusTest
@TestProfile(AccessTest.Guarded.class)
@WithTestResource(GuardedModels.class)
class AccessTest extends HttpContract {

    /** A server of its own. */
    public static final class Guarded implements QuarkusTestProfile {}

    /** Routes that answer nothing themselves, or something that everybody gets: they match every path, or a 404's. */
    private static final Set<String> TRANSPARENT = Set.of("/*", "/");

    private static final List<EveryCall.Call> OF_ROUTES = List.of(
            new EveryCall.Call("POST", "/v1/models/half_plus_two:predict"),
            new EveryCall.Call("POST", "/v1/models/half_plus_two:classify"),
            new EveryCall.Call("POST", "/v1/models/half_plus_two/versions/1:regress"),
            new EveryCall.Call("GET", "/v1/models/half_plus_two"),
            new EveryCall.Call("GET", "/v1/models"),
            new EveryCall.Call("GET", "/V1/models/half_plus_two/metadata"),
            new EveryCall.Call("GET", "/v1/nothing"),
            new EveryCall.Call("GET", "/q/metrics"),
            new EveryCall.Call("GET", "/v2"),
            new EveryCall.Call("GET", "/v2/health/ready"),
            new EveryCall.Call("GET", "/v2/models"),
            new EveryCall.Call("GET", "/v2/models/stats"),
            new EveryCall.Call("GET", "/v2/models/half_plus_two"),
            new EveryCall.Call("GET", "/v2/models/half_plus_two/stats"),
            new EveryCall.Call("POST", "/v2/models/half_plus_two/infer"),
            new EveryCall.Call("POST", "/v2/repository/index"),
            new EveryCall.Call("POST", "/v2/repository/models/half_plus_two/load"),
            new EveryCall.Call("POST", "/v2/systemsharedmemory/region/r/register"),
            new EveryCall.Call("POST", "/v2/logging"),
            new EveryCall.Call("GET", "/v2/nothing"),
            new EveryCall.Call("GET", "/v2/models/../../q/metrics"),
            new EveryCall.Call("GET", "/nobody-decided"),
            new EveryCall.Call("GET", "/q/health/../metrics"),
            new EveryCall.Call("GET", "/q/./metrics"),
            new EveryCall.Call("GET", "//functions/model-status"),
            new EveryCall.Call("POST", "/functions/warmup/"),
            new EveryCall.Call("GET", "/functions/model-status;a=b"));

    @TestHTTPResource("/")
    URI server;

    @Inject
    AccessGate gate;

    @Inject
    Router router;

    @Inject
    Vertx vertx;

    @Any
    @Inject
    Instance<BindableService> services;

    private @Nullable ManagedChannel channel;

    @Override
    public URI server() {
        return server;
    }

    @BeforeEach
    void connect() {
        channel = ManagedChannelBuilder.forAddress("localhost", server.getPort())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    @Override
    protected String[] credentials() {
        return new String[] {"X-API-Key", GuardedModels.PREDICTS};
    }

    private List<EveryCall.Call> calls() throws Exception {
        List<EveryCall.Call> calls = new ArrayList<>(EveryCall.ofResources());
        assertThat(calls).as("calls of resource classes").hasSizeGreaterThan(5);
        calls.addAll(OF_ROUTES);
        return calls;
    }

    private Need need(EveryCall.Call call) {
        return gate.need(call.method(), call.path(), call.path(), HttpUtils.normalizePath(call.path()));
    }

    @Test
    void somebodyHasDecidedAboutEveryResource() throws Exception {
        for (EveryCall.Call call : EveryCall.ofResources()) {
            assertThat(need(call))
                    .as("%s: say in a NeedTable what it needs", call)
                    .isNotSameAs(Need.UNDECIDED);
        }
    }

    @Test
    void somebodyHasDecidedAboutEveryRoute() {
        Set<String> undecided = new TreeSet<>();
        Set<String> paths = paths("", router);
        assertThat(paths).contains("/q/metrics");
        for (String path : paths) {
            String sample = path.replaceAll("/\\*?$", "");
            if (gate.need("GET", sample, sample, sample) == Need.UNDECIDED
                    && gate.need("POST", sample, sample, sample) == Need.UNDECIDED) {
                undecided.add(path);
            }
        }
        assertThat(undecided).as("routes about which no NeedTable knows").isEmpty();
    }

    private static Set<String> paths(String mount, Router from) {
        Set<String> paths = new TreeSet<>();
        for (Route route : from.getRoutes()) {
            String path = route.getPath();
            if (path != null && route.getSubRouter() != null) {
                paths.addAll(paths(mount + path.replaceAll("/\\*?$", ""), route.getSubRouter()));
            } else if (path != null && !TRANSPARENT.contains(path)) {
                paths.add(mount + path);
            }
        }
        return paths;
    }

    @Test
    void somebodyHasDecidedAboutEveryMethod() {
        for (MethodDescriptor<?, ?> method : methods()) {
            assertThat(need(method))
                    .as("%s: say in a NeedTable what it needs", method.getFullMethodName())
                    .isNotSameAs(Need.UNDECIDED);
        }
    }

    @Test
    void refusesCallsOverHttpThatShowTooLittle() throws Exception {
        for (EveryCall.Call call : calls()) {
            Need need = need(call);
            if (need.isNothing()) {
                assertThat(raw(call, null)).as("%s with nothing", call).isNotIn(401, 403);
                continue;
            }
            assertThat(raw(call, null)).as("%s with nothing", call).isEqualTo(401);
            assertThat(raw(call, "wrong")).as("%s with a wrong key", call).isEqualTo(401);
            if (!need.roles().contains(Role.PREDICT)) {
                assertThat(raw(call, GuardedModels.PREDICTS))
                        .as("%s of who predicts", call)
                        .isEqualTo(403);
            }
            if (!need.roles().contains(Role.STATUS)) {
                assertThat(raw(call, GuardedModels.WATCHES))
                        .as("%s of who watches", call)
                        .isEqualTo(403);
            }
            if (need.reach() == Need.Reach.MODEL || need.reach() == Need.Reach.SERVER) {
                assertThat(raw(call, GuardedModels.BOUND))
                        .as("%s for another model", call)
                        .isEqualTo(403);
            }
            assertThat(raw(call, GuardedModels.ADMINISTERS))
                    .as("%s of an administrator", call)
                    .isNotIn(401, 403);
        }
    }

    @Test
    void refusesCallsOverGrpcThatShowTooLittle() {
        for (MethodDescriptor<?, ?> method : methods()) {
            String name = method.getFullMethodName();
            Need need = need(method);
            Message request = naming(method, EveryCall.MODEL);
            Set<Status.Code> refusals = Set.of(Status.Code.UNAUTHENTICATED, Status.Code.PERMISSION_DENIED);
            if (need.isNothing()) {
                assertThat(call(method, request, null)).as(name).isNotIn(refusals);
                continue;
            }
            assertThat(call(method, request, null)).as("%s with nothing", name).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(call(method, request, "wrong")).as(name).isEqualTo(Status.Code.UNAUTHENTICATED);
            if (!need.roles().contains(Role.PREDICT)) {
                assertThat(call(method, request, GuardedModels.PREDICTS))
                        .as("%s of who predicts", name)
                        .isEqualTo(Status.Code.PERMISSION_DENIED);
            }
            if (!need.roles().contains(Role.STATUS)) {
                assertThat(call(method, request, GuardedModels.WATCHES))
                        .as("%s of who watches", name)
                        .isEqualTo(Status.Code.PERMISSION_DENIED);
            }
            if (need.reach() != Need.Reach.NO_MODEL) {
                assertThat(call(method, request, GuardedModels.BOUND))
                        .as("%s for another model", name)
                        .isEqualTo(Status.Code.PERMISSION_DENIED);
            }
            assertThat(call(method, request, GuardedModels.ADMINISTERS))
                    .as("%s of an administrator", name)
                    .isNotIn(refusals);
        }
    }

    @Test
    void clientsReachTheirModelOnlyAlsoWhereTheBodyNamesIt() {
        for (MethodDescriptor<?, ?> method : methods()) {
            if (need(method).reach() == Need.Reach.IN_BODY) {
                assertThat(call(method, naming(method, "digits"), GuardedModels.BOUND))
                        .as(method.getFullMethodName())
                        .isNotIn(Status.Code.UNAUTHENTICATED, Status.Code.PERMISSION_DENIED);
            }
        }
        for (String name : new String[] {"Predict", "Classify", "Regress", "MultiInference"}) {
            MethodDescriptor<?, ?> method = method("tensorflow.serving.PredictionService/" + name);
            String target = "/functions/protobuf/" + name;
            assertThat(postBytes(
                                    target,
                                    naming(method, "half_plus_two").toByteArray(),
                                    "X-API-Key",
                                    GuardedModels.BOUND)
                            .statusCode())
                    .as(target)
                    .isEqualTo(403);
            assertThat(postBytes(target, naming(method, "digits").toByteArray(), "X-API-Key", GuardedModels.BOUND)
                            .statusCode())
                    .as(target)
                    .isNotIn(401, 403);
        }
    }

    /** Quarkus' own gRPC server takes spellings of the content type that Hearth's does not. */
    @Test
    void noSpellingOfTheContentTypeLeadsAround() throws Exception {
        for (String type :
                new String[] {"Application/grpc", "application/grpc-web", "application/grpcx", "text/plain"}) {
            assertThat(outcome(type)).as(type).isIn("7", "415");
        }
    }

    @Test
    void answersARefusalInTheFormOfItsProtocol() {
        HttpResponse<String> without = get("/v1/models/half_plus_two", "Authorization", "Bearer nope");
        assertThat(without.statusCode()).isEqualTo(401);
        assertThat(without.headers().firstValue("WWW-Authenticate")).contains("Bearer realm=\"hearth\"");
        assertThat(error(without)).isEqualTo("The credentials are not known here");
    }

    /** Without these headers a page of another origin would not even learn that it was refused. */
    @Test
    void pagesOfOtherOriginsMayReadRefusals() {
        String predict = "/v1/models/half_plus_two:predict";
        String body = "{\"instances\":[1]}";
        allowsOtherOrigins(401, post(predict, body));
        allowsOtherOrigins(401, get("/v2/models/half_plus_two"));
        allowsOtherOrigins(403, post(predict, body, "X-API-Key", GuardedModels.WATCHES));
        allowsOtherOrigins(403, post("/v2/models/half_plus_two/infer", body, "X-API-Key", GuardedModels.WATCHES));
        var unused = post(predict, body, "X-API-Key", GuardedModels.SLOW);
        allowsOtherOrigins(429, post(predict, body, "X-API-Key", GuardedModels.SLOW));
        allowsOtherOrigins(413, post(predict, " ".repeat(1_000_001), "X-API-Key", GuardedModels.PREDICTS));
        HttpResponse<String> asked = send("OPTIONS", predict, "", "Origin", "https://page.example");
        allowsOtherOrigins(200, asked);
        assertThat(get("/functions/model-status").headers().firstValue("Access-Control-Allow-Origin"))
                .isEmpty();
    }

    private static void allowsOtherOrigins(int status, HttpResponse<String> response) {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().allValues("Access-Control-Allow-Origin")).containsExactly("*");
        assertThat(response.headers()
                        .firstValue("Access-Control-Expose-Headers")
                        .orElse(""))
                .contains("Retry-After")
                .contains("WWW-Authenticate");
    }

    @Test
    void thePageIsForEverybodyHoweverItIsAskedFor() {
        assertThat(send("HEAD", "/", "").statusCode()).isEqualTo(200);
        assertThat(send("HEAD", "/page/page.css", "").statusCode()).isEqualTo(200);
        assertThat(send("HEAD", "/functions/model-status", "").statusCode()).isEqualTo(401);
    }

    @Test
    void takesAnotherFileOfKeysWithoutARestart() throws Exception {
        String key = "key-made-later";
        assertThat(get("/v1/models/half_plus_two", "X-API-Key", key).statusCode())
                .isEqualTo(401);
        GuardedModels.rewrite(GuardedModels.line("late", key, "status"));
        awaitStatus(key, 200);
        GuardedModels.rewrite("this is no line");
        GuardedModels.rewrite();
        awaitStatus(key, 401);
        assertThat(get("/v1/models/half_plus_two", "X-API-Key", GuardedModels.WATCHES)
                        .statusCode())
                .isEqualTo(200);
    }

    private void awaitStatus(String key, int status) throws InterruptedException {
        CompletableFuture<Void> never = new CompletableFuture<>();
        for (int i = 0; i < 400; i++) {
            if (get("/v1/models/half_plus_two", "X-API-Key", key).statusCode() == status) {
                return;
            }
            try {
                never.get(50, TimeUnit.MILLISECONDS);
            } catch (java.util.concurrent.TimeoutException | java.util.concurrent.ExecutionException later) {
                assertThat(never).isNotDone();
            }
        }
        throw new AssertionError("not " + status + " within 20 s");
    }

    @Test
    void holdsAClientToItsRate() {
        assertThat(post("/v1/models/half_plus_two:predict", "{\"instances\":[1]}", "X-API-Key", GuardedModels.SLOW)
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> second =
                post("/v1/models/half_plus_two:predict", "{\"instances\":[1]}", "X-API-Key", GuardedModels.SLOW);
        assertThat(second.statusCode()).isEqualTo(429);
        assertThat(second.headers().firstValue("Retry-After")).isPresent();
        assertThat(call(
                        method("tensorflow.serving.PredictionService/Predict"),
                        naming(method("tensorflow.serving.PredictionService/Predict"), "half_plus_two"),
                        GuardedModels.SLOW))
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    // ---- calls

    /** Of a call for a model that its client may not use: the gRPC status, or else the HTTP status. */
    private String outcome(String contentType) throws Exception {
        MethodDescriptor<?, ?> predict = method("tensorflow.serving.PredictionService/Predict");
        byte[] message = naming(predict, "half_plus_two").toByteArray();
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        try {
            return client.request(HttpMethod.POST, server.getPort(), "localhost", "/" + predict.getFullMethodName())
                    .compose(request -> request.putHeader("content-type", contentType)
                            .putHeader("x-api-key", GuardedModels.BOUND)
                            .send(Buffer.buffer()
                                    .appendByte((byte) 0)
                                    .appendInt(message.length)
                                    .appendBytes(message)))
                    .compose(response -> response.body().map(body -> {
                        String status = response.getHeader("grpc-status");
                        String late = status == null ? response.getTrailer("grpc-status") : status;
                        return late == null ? Integer.toString(response.statusCode()) : late;
                    }))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(30, TimeUnit.SECONDS);
        } finally {
            var unused = client.close();
        }
    }

    private int raw(EveryCall.Call call, @Nullable String key) throws IOException {
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout((int) Duration.ofSeconds(30).toMillis());
            String request = call.method() + " " + call.path() + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + (key == null ? "" : "Authorization: Bearer " + key + "\r\n")
                    + (call.method().equals("POST") ? "Content-Length: 2\r\n\r\n{}" : "\r\n");
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).as("%s", call).startsWith("HTTP/1.1 ");
            return Integer.parseInt(answer.substring(9, 12));
        }
    }

    private List<MethodDescriptor<?, ?>> methods() {
        List<MethodDescriptor<?, ?>> methods = new ArrayList<>();
        for (BindableService service : services) {
            for (ServerMethodDefinition<?, ?> method : service.bindService().getMethods()) {
                methods.add(method.getMethodDescriptor());
            }
        }
        assertThat(methods).as("methods of gRPC services").hasSizeGreaterThan(8);
        methods.add(io.grpc.reflection.v1.ServerReflectionGrpc.getServerReflectionInfoMethod());
        return methods;
    }

    private MethodDescriptor<?, ?> method(String name) {
        return methods().stream()
                .filter(method -> method.getFullMethodName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Need need(MethodDescriptor<?, ?> method) {
        String path = "/" + method.getFullMethodName();
        return gate.need("POST", path, path, path);
    }

    /** An empty request, but for the model that it is about. */
    private static Message naming(MethodDescriptor<?, ?> method, String model) {
        Message prototype = (Message)
                ((MethodDescriptor.PrototypeMarshaller<?>) method.getRequestMarshaller()).getMessagePrototype();
        Message.Builder request = prototype.newBuilderForType();
        for (FieldDescriptor field : request.getDescriptorForType().getFields()) {
            if (field.getName().equals("model_name") || field.getName().equals("name")) {
                request.setField(field, model);
            } else if (field.getName().equals("model_spec")) {
                request.setField(field, spec(request.newBuilderForField(field), model));
            } else if (field.getName().equals("tasks")) {
                Message.Builder task = request.newBuilderForField(field);
                FieldDescriptor inTask = task.getDescriptorForType().findFieldByName("model_spec");
                request.addRepeatedField(
                        field,
                        task.setField(inTask, spec(task.newBuilderForField(inTask), model))
                                .build());
            }
        }
        return request.build();
    }

    private static Message spec(Message.Builder spec, String model) {
        return spec.setField(spec.getDescriptorForType().findFieldByName("name"), model)
                .build();
    }

    /** The code that a call ends with; of a stream that goes on, OK after its first answer. */
    private Status.Code call(MethodDescriptor<?, ?> method, Message request, @Nullable String key) {
        MethodDescriptor<byte[], byte[]> bytes = MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(method.getType())
                .setFullMethodName(method.getFullMethodName())
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
        Metadata headers = new Metadata();
        if (key != null) {
            headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), key);
        }
        CompletableFuture<Status.Code> outcome = new CompletableFuture<>();
        ClientCall<byte[], byte[]> call =
                channel.newCall(bytes, CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS));
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(byte[] answer) {
                        if (!method.getType().serverSendsOneMessage()) {
                            outcome.complete(Status.Code.OK);
                            call.cancel("enough", null);
                        }
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        outcome.complete(status.getCode());
                    }
                },
                headers);
        call.request(2);
        call.sendMessage(request.toByteArray());
        call.halfClose();
        return outcome.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
