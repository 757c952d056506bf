package dev.hearth.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.util.function.Supplier;

/** A plain gRPC client, with methods by their names as other languages' clients have them. */
final class GrpcClient implements AutoCloseable {

    static final String PREDICTION = "tensorflow.serving.PredictionService/";
    static final String MODEL = "tensorflow.serving.ModelService/";

    private final ManagedChannel channel;

    GrpcClient(int port) {
        channel = ManagedChannelBuilder.forAddress("localhost", port)
                .usePlaintext()
                .build();
    }

    ManagedChannel channel() {
        return channel;
    }

    <A extends Message> A call(String method, Message request, A answer) {
        return call(method, request, answer, CallOptions.DEFAULT);
    }

    @SuppressWarnings("unchecked")
    <A extends Message> A call(String method, Message request, A answer, CallOptions options) {
        return ClientCalls.blockingUnaryCall(
                channel,
                (MethodDescriptor<Message, A>) descriptor(method, request.getDefaultInstanceForType(), answer),
                options,
                request);
    }

    static MethodDescriptor<? extends Message, ? extends Message> descriptor(
            String method, Message request, Message answer) {
        return MethodDescriptor.<Message, Message>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(method)
                .setRequestMarshaller(ProtoUtils.marshaller(request))
                .setResponseMarshaller(ProtoUtils.marshaller(answer))
                .build();
    }

    static StatusRuntimeException failure(Supplier<?> call) {
        try {
            Object answer = call.get();
            throw new AssertionError("answered: " + answer);
        } catch (StatusRuntimeException e) {
            return e;
        }
    }

    static ModelSpec.Builder spec(String model) {
        return ModelSpec.newBuilder().setName(model);
    }

    static TensorProto floats(int rows, int columns, float... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setDtypeValue(1);
        for (float value : values) {
            tensor.addFloatVal(value);
        }
        return tensor.setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(rows))
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(columns)))
                .build();
    }

    static TensorProto strings(String... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setDtypeValue(7);
        for (String value : values) {
            tensor.addStringVal(ByteString.copyFromUtf8(value));
        }
        return tensor.setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(values.length)))
                .build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
