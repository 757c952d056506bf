package dev.hearth.loadtests.baseline;

import com.google.protobuf.BytesValue;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Singleton;

/** {@code hearth.load.Echo/Echo}: answers the bytes it was sent, as a generated service would. */
@GrpcService
@Singleton
public class EchoGrpcService implements BindableService {

    private static final MethodDescriptor<BytesValue, BytesValue> ECHO = MethodDescriptor.<
                    BytesValue, BytesValue>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("hearth.load.Echo/Echo")
            .setRequestMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
            .build();

    @Override
    public ServerServiceDefinition bindService() {
        return ServerServiceDefinition.builder("hearth.load.Echo")
                .addMethod(
                        ECHO,
                        ServerCalls.asyncUnaryCall((request, answer) -> {
                            answer.onNext(request);
                            answer.onCompleted();
                        }))
                .build();
    }
}
