package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What tools such as grpcurl ask before their first call. */
@QuarkusTest
class ReflectionTest extends GrpcTest {

    @Test
    void listsTheServices() {
        assertThat(ask(ServerReflectionRequest.newBuilder().setListServices(""))
                        .getListServicesResponse()
                        .getServiceList())
                .extracting(ServiceResponse::getName)
                .contains(
                        "tensorflow.serving.PredictionService",
                        "tensorflow.serving.ModelService",
                        "grpc.health.v1.Health");
    }

    @Test
    void givesTheFilesOfAServiceByTheirPublicNames() throws InvalidProtocolBufferException {
        List<String> files = new ArrayList<>();
        for (ByteString file : ask(ServerReflectionRequest.newBuilder()
                        .setFileContainingSymbol("tensorflow.serving.PredictionService"))
                .getFileDescriptorResponse()
                .getFileDescriptorProtoList()) {
            files.add(FileDescriptorProto.parseFrom(file).getName());
        }

        assertThat(files)
                .contains(
                        "tensorflow_serving/apis/prediction_service.proto",
                        "tensorflow_serving/apis/predict.proto",
                        "tensorflow/core/framework/tensor.proto");
    }

    private ServerReflectionResponse ask(ServerReflectionRequest.Builder request) {
        CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> asking = ServerReflectionGrpc.newStub(client.channel())
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse response) {
                        answer.complete(response);
                    }

                    @Override
                    public void onError(Throwable failure) {
                        answer.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {}
                });
        asking.onNext(request.build());
        ServerReflectionResponse response =
                answer.orTimeout(20, TimeUnit.SECONDS).join();
        asking.onCompleted();
        return response;
    }
}
