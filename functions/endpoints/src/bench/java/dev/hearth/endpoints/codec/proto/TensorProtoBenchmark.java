package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Predict messages with one float tensor, from the bytes of a call to a tensor and back. Bytes allocated beyond those of
 * the tensor are copies: run with {@code -prof gc}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class TensorProtoBenchmark {

    @Param({"1", "1048576"})
    int floats;

    @Param({"TYPED_FIELDS", "PACKED_FIELDS", "TENSOR_CONTENT"})
    TensorEncoding encoding;

    private TensorProtoCodec codec = new TensorProtoCodec(0, TensorEncoding.TYPED_FIELDS);
    private Tensor tensor = Tensor.ofFloats(Shape.of(0));
    private byte[] sent = new byte[0];

    @Setup
    public void make() {
        codec = new TensorProtoCodec(1 << 30, encoding);
        float[] values = new float[floats];
        for (int i = 0; i < floats; i++) {
            values[i] = i / 7f;
        }
        tensor = Tensor.ofFloats(Shape.of(floats), values);
        sent = PredictRequest.newBuilder()
                .putInputs("x", codec.encode(tensor))
                .build()
                .toByteArray();
    }

    @Benchmark
    public Map<String, Tensor> read() throws IOException {
        return codec.decodePacked(PackedPredictRequest.parseFrom(content()).getInputsMap());
    }

    /** By the messages that everyone else uses. */
    @Benchmark
    public Map<String, Tensor> readByTensorProto() throws IOException {
        return codec.decode(PredictRequest.parseFrom(content()).getInputsMap());
    }

    private CodedInputStream content() {
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(sent).newCodedInput();
        in.enableAliasing(true);
        return in;
    }

    @Benchmark
    public byte[] write() throws IOException {
        PredictResponse answer = PredictResponse.newBuilder()
                .putAllOutputs(codec.encode(Map.of("y", tensor)))
                .build();
        byte[] bytes = new byte[answer.getSerializedSize()];
        answer.writeTo(CodedOutputStream.newInstance(bytes));
        return bytes;
    }
}
