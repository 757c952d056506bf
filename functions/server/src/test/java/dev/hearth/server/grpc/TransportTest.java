package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.failure;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static dev.hearth.server.grpc.GrpcClient.strings;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.hearth.endpoints.predict.InFlightBytes;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.time.Deadline;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.tensorflow.TensorProto;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens on the way to a service and back. */
@QuarkusTest
class TransportTest extends GrpcTest {

    @Inject
    ScriptedBackend backend;

    @Inject
    InFlightBytes inFlight;

    @Inject
    ServingEngine engine;

    @BeforeEach
    void awaitModel() {
        engine.acquire(new ModelName("gate"), VersionSelector.LATEST, Deadline.NONE)
                .join()
                .close();
    }

    @Test
    void tellsMalformedBytesFromAFaultOfItsOwn() {
        StatusRuntimeException failure = failure(() -> raw(new byte[] {0x0a, 0x7f, 1, 2}));

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(failure.getStatus().getDescription()).startsWith("Malformed request of Predict: ");
    }

    @Test
    void refusesTextThatIsNotUtf8() {
        assertThat(failure(() -> raw(new byte[] {0x0a, 3, 0x0a, 1, (byte) 0xff}))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void refusesDeepNesting() {
        // 20 000 groups, each opened inside the one before.
        byte[] groups = new byte[20_000];
        Arrays.fill(groups, (byte) 0x4b);
        assertThat(failure(() -> raw(groups)).getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void refusesAMessageAboveTheLimitWithItsSize() {
        StatusRuntimeException failure = failure(() -> predict(withBytes(1_000_000), CallOptions.DEFAULT));

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(failure.getStatus().getDescription())
                .matches("Received message larger than max \\(1000\\d\\d\\d vs. 1000000\\)");
    }

    @Test
    void answersMessagesOfManyFrames() {
        PredictRequest request = floatRequest(100_000);
        PredictResponse answer = predict(request, CallOptions.DEFAULT);

        assertThat(answer.getOutputsOrThrow("y").getFloatValList())
                .isEqualTo(request.getInputsOrThrow("x").getFloatValList());
    }

    @Test
    void readsGzip() {
        PredictRequest request = floatRequest(50_000);

        assertThat(predict(request, CallOptions.DEFAULT.withCompression("gzip"))
                        .getOutputsOrThrow("y")
                        .getFloatValCount())
                .isEqualTo(100_000);
    }

    @Test
    void boundsWhatGzipUnpacksTo() {
        StatusRuntimeException failure =
                failure(() -> predict(withBytes(50_000_000), CallOptions.DEFAULT.withCompression("gzip")));

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(failure.getStatus().getDescription())
                .isEqualTo("Decompressed message larger than max (over 2000000 bytes)");
    }

    @Test
    void refusesMoreThanMayBeInFlightAndTellsWhenToTryAgain() {
        backend.gate = new Rendezvous();
        List<Future<PredictResponse>> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(ClientCalls.futureUnaryCall(
                    client.channel().newCall(predictMethod(), CallOptions.DEFAULT), gateRequest(120_000)));
        }
        awaitBytesInFlight(3 * (5L + gateRequest(120_000).getSerializedSize()));
        StatusRuntimeException failure = failure(() -> predict(floatRequest(100_000), CallOptions.DEFAULT));
        backend.gate.release();
        held.forEach(TransportTest::join);

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(failure.getTrailers())
                .satisfies(trailers -> assertThat(trailers.get(
                                Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)))
                        .isEqualTo("1000"))
                .satisfies(trailers -> assertThat(trailers.containsKey(
                                Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER)))
                        .isTrue());
    }

    @Test
    void tellsUnknownMethods() {
        assertThat(failure(() -> client.call(
                                PREDICTION + "PredictStreamed",
                                PredictRequest.getDefaultInstance(),
                                PredictResponse.getDefaultInstance()))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(failure(() -> client.call(
                                "tensorflow.serving.SessionService/SessionRun",
                                PredictRequest.getDefaultInstance(),
                                PredictResponse.getDefaultInstance()))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    @Test
    void cutsLongTextsAndKeepsEveryCharacterOfShortOnes() {
        String text = "100 % \u00fcber\n\ud83d\udd25";
        assertThat(throwing(text).getDescription()).isEqualTo(text);
        assertThat(throwing(text).getCode()).isEqualTo(Status.Code.ABORTED);

        String cut = throwing("x".repeat(5000)).getDescription();
        assertThat(cut).isEqualTo("x".repeat(1024) + "...TRUNCATED");
    }

    @Test
    void showsNoStackTraceOfABug() {
        Status status = throwing("bug");

        assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(status.getDescription()).contains("a bug").doesNotContain("\tat ");
    }

    @Test
    void dropsWorkThatAClientNoLongerWaitsFor() {
        awaitInFlight(0);
        backend.gate = new Rendezvous();
        int before = backend.gateRuns.get();
        // More than there are run threads: the last one has to wait.
        int threads = 2 * Runtime.getRuntime().availableProcessors() + 64;
        Future<?>[] blockers = new Future<?>[threads];
        for (int i = 0; i < threads; i++) {
            blockers[i] = async(CallOptions.DEFAULT);
        }
        backend.gate.awaitArrival();
        awaitInFlight(threads);
        Future<PredictResponse> last = async(CallOptions.DEFAULT);
        awaitInFlight(threads + 1);
        last.cancel(true);
        awaitInFlight(threads);

        backend.gate.release();
        for (Future<?> blocker : blockers) {
            join(blocker);
        }
        assertThat(backend.gateRuns.get() - before).isEqualTo(threads);
    }

    @Test
    void keepsTheConnectionOfAClientThatGivesUpOften() {
        backend.gate = new Rendezvous();
        List<Future<?>> calls = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            calls.add(async(CallOptions.DEFAULT));
        }
        backend.gate.awaitArrival();
        awaitInFlight(300);
        Future<PredictResponse> patient = async(CallOptions.DEFAULT);
        awaitInFlight(301);
        calls.forEach(call -> call.cancel(true));
        awaitInFlight(1);
        backend.gate.release();

        join(patient);
    }

    @Test
    void losesOnlyTheCallWhoseAnswerAClientDoesNotTake() throws Exception {
        backend.gate = new Rendezvous();
        Future<PredictResponse> patient = async(CallOptions.DEFAULT);
        backend.gate.awaitArrival();
        ClientCall<PredictRequest, PredictResponse> big =
                client.channel().newCall(predictMethod(), CallOptions.DEFAULT);
        CompletableFuture<Void> headersSeen = new CompletableFuture<>();
        big.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onHeaders(Metadata headers) {
                        headersSeen.complete(null);
                    }
                },
                new Metadata());
        big.sendMessage(floatRequest(1).toBuilder()
                .setModelSpec(spec("scripted").setSignatureName("big"))
                .build());
        big.halfClose();
        headersSeen.get(20, TimeUnit.SECONDS);
        big.cancel("enough", null);
        predict(floatRequest(1), CallOptions.DEFAULT);
        backend.gate.release();

        join(patient);
    }

    @Test
    void givesUpAtTheClientsDeadline() {
        backend.gate = new Rendezvous();
        Future<PredictResponse> inTheWay = async(CallOptions.DEFAULT);
        backend.gate.awaitArrival();
        StatusRuntimeException failure = failure(
                () -> predict(gateRequest(), CallOptions.DEFAULT.withDeadlineAfter(100, TimeUnit.MILLISECONDS)));
        backend.gate.release();
        join(inTheWay);

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    /** Bytes in flight are the server's own count of calls it works on; each request here is as long as the other. */
    private void awaitInFlight(int requests) {
        awaitBytesInFlight(requests * (5L + gateRequest().getSerializedSize()));
    }

    private void awaitBytesInFlight(long bytes) {
        for (long tries = 0; inFlight.taken() != bytes && tries < 20_000_000; tries++) {
            Thread.yield();
        }
        assertThat(inFlight.taken()).isEqualTo(bytes);
    }

    private static void join(Future<?> future) {
        try {
            future.get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private Future<PredictResponse> async(CallOptions options) {
        return ClientCalls.futureUnaryCall(client.channel().newCall(predictMethod(), options), gateRequest());
    }

    @SuppressWarnings("unchecked")
    private static MethodDescriptor<PredictRequest, PredictResponse> predictMethod() {
        return (MethodDescriptor<PredictRequest, PredictResponse>) GrpcClient.descriptor(
                PREDICTION + "Predict", PredictRequest.getDefaultInstance(), PredictResponse.getDefaultInstance());
    }

    private static PredictRequest gateRequest() {
        return gateRequest(1);
    }

    private static PredictRequest gateRequest(int rows) {
        return floatRequest(rows).toBuilder().setModelSpec(spec("gate")).build();
    }

    private Status throwing(String why) {
        PredictRequest request = PredictRequest.newBuilder()
                .setModelSpec(spec("throwing"))
                .putInputs("why", strings(why))
                .build();
        return failure(() -> predict(request, CallOptions.DEFAULT)).getStatus();
    }

    private PredictResponse predict(PredictRequest request, CallOptions options) {
        return client.call(PREDICTION + "Predict", request, PredictResponse.getDefaultInstance(), options);
    }

    private static PredictRequest floatRequest(int rows) {
        float[] values = new float[2 * rows];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        return PredictRequest.newBuilder()
                .setModelSpec(spec("scripted"))
                .putInputs("x", floats(rows, 2, values))
                .build();
    }

    private static PredictRequest withBytes(int size) {
        return PredictRequest.newBuilder()
                .setModelSpec(spec("scripted"))
                .putInputs(
                        "x",
                        TensorProto.newBuilder()
                                .setDtypeValue(1)
                                .setTensorContent(ByteString.copyFrom(new byte[size]))
                                .build())
                .build();
    }

    private byte[] raw(byte[] message) {
        MethodDescriptor.Marshaller<byte[]> bytes = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(byte[] value) {
                return new ByteArrayInputStream(value);
            }

            @Override
            public byte[] parse(InputStream stream) {
                try {
                    return stream.readAllBytes();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        MethodDescriptor<byte[], byte[]> method = MethodDescriptor.newBuilder(bytes, bytes)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(PREDICTION + "Predict")
                .build();
        return ClientCalls.blockingUnaryCall(client.channel(), method, CallOptions.DEFAULT, message);
    }
}
