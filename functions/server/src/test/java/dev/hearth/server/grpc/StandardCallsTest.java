package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.failure;
import static dev.hearth.server.grpc.GrpcClient.floats;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.serving.PredictionServiceSchema;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.quarkus.grpc.GrpcService;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The services on a server of gRPC's own library. */
@QuarkusTest
class StandardCallsTest extends GrpcTest {

    @Inject
    @GrpcService
    PredictionGrpcService service;

    @Inject
    ScriptedBackend backend;

    @Inject
    ServingEngine engine;

    private Server server;
    private GrpcClient standard;

    @BeforeEach
    void start() throws IOException {
        server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(service)
                .build()
                .start();
        standard = new GrpcClient(server.getPort());
    }

    @AfterEach
    void stop() {
        standard.close();
        server.shutdownNow();
    }

    @Test
    void answersAndRefusesAsTheRouteDoes() {
        assertThat(predict("scripted", CallOptions.DEFAULT).getModelSpec().getSignatureName())
                .isEqualTo("serving_default");
        StatusRuntimeException failure = failure(() -> predict("nobody", CallOptions.DEFAULT));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(failure.getStatus().getDescription()).isEqualTo("Servable not found for request: Latest(nobody)");
    }

    @Test
    void knowsDeadlines() {
        backend.gate = new Rendezvous();
        StatusRuntimeException failure =
                failure(() -> predict("gate", CallOptions.DEFAULT.withDeadlineAfter(50, TimeUnit.MILLISECONDS)));
        backend.gate.release();

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void tellsWhenToTryAgain() throws IOException {
        CompletableFuture<PredictResponse> refused = CompletableFuture.failedFuture(
                new RefusedException(ErrorCode.RESOURCE_EXHAUSTED, "full", Duration.ofMillis(250)));
        serve((request, deadline, priority) -> refused);
        StatusRuntimeException failure = failure(() -> predict("any", CallOptions.DEFAULT));

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(failure.getTrailers()).satisfies(trailers -> assertThat(
                        trailers.get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)))
                .isEqualTo("250"));
    }

    @Test
    void givesUpWhatTheClientGivesUp() throws Exception {
        CompletableFuture<PredictResponse> answer = new CompletableFuture<>();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        answer.whenComplete((message, failure) -> outcome.complete(failure));
        serve((request, deadline, priority) -> {
            asked.complete(null);
            return answer;
        });
        Future<PredictResponse> call = ClientCalls.futureUnaryCall(
                standard.channel().newCall(predictMethod(), CallOptions.DEFAULT), PredictRequest.getDefaultInstance());
        asked.get(20, TimeUnit.SECONDS);
        call.cancel(true);

        assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
    }

    /** Has the standard server answer from code. */
    private void serve(UnaryMethod.Answers<PredictRequest, PredictResponse> answers) throws IOException {
        stop();
        UnaryMethod<PredictRequest, PredictResponse> method = UnaryMethod.of(
                "tensorflow.serving.PredictionService",
                "Predict",
                PredictRequest.getDefaultInstance(),
                PredictResponse.getDefaultInstance(),
                answers);
        server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(StandardCalls.bind(
                        PredictionServiceSchema.getDescriptor().findServiceByName("PredictionService"),
                        List.of(method),
                        engine))
                .build()
                .start();
        standard = new GrpcClient(server.getPort());
    }

    @SuppressWarnings("unchecked")
    private static MethodDescriptor<PredictRequest, PredictResponse> predictMethod() {
        return (MethodDescriptor<PredictRequest, PredictResponse>) GrpcClient.descriptor(
                PREDICTION + "Predict", PredictRequest.getDefaultInstance(), PredictResponse.getDefaultInstance());
    }

    private PredictResponse predict(String model, CallOptions options) {
        return standard.call(
                PREDICTION + "Predict",
                PredictRequest.newBuilder()
                        .setModelSpec(spec(model))
                        .putInputs("x", floats(1, 2, 1, 2))
                        .build(),
                PredictResponse.getDefaultInstance(),
                options);
    }
}
