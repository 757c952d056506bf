package dev.hearth.server.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.endpoints.openinference.InferAnswer;
import dev.hearth.endpoints.openinference.RequestedOutput;
import dev.hearth.endpoints.openinference.SharedMemory;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.inference.ModelInferRequest;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.List;
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
 * ModelInfer with raw contents of one float tensor, from the bytes of a message to a tensor and from a tensor to the bytes that
 * leave. What is allocated must not grow with the elements but for one copy of an answer: run with {@code -prof gc}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class RawContentsBenchmark {

    @Param({"1", "150528"})
    int floats;

    private final SharedMemory memory = new SharedMemory(false);
    private byte[] sent = new byte[0];
    private InferAnswer answer = new InferAnswer(new ServableId(new ModelName("m"), 1), "", List.of());

    @Setup
    public void make() {
        float[] values = new float[floats];
        for (int i = 0; i < floats; i++) {
            values[i] = i / 7f;
        }
        Tensor tensor = Tensor.ofFloats(Shape.of(floats), values);
        sent = ModelInferRequest.newBuilder()
                .setModelName("m")
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                        .setName("x")
                        .setDatatype("FP32")
                        .addShape(floats))
                .addRawInputContents(UnsafeByteOperations.unsafeWrap(tensor.data()))
                .build()
                .toByteArray();
        answer = new InferAnswer(
                answer.model(), "", List.of(new InferAnswer.Output(tensor, RequestedOutput.plain("y"))));
    }

    @Benchmark
    public Map<String, Tensor> read() throws IOException {
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(sent).newCodedInput();
        in.enableAliasing(true);
        return InferMessages.inputs(ModelInferRequest.parseFrom(in, ExtensionRegistryLite.getEmptyRegistry()), memory);
    }

    @Benchmark
    public Buffer write() {
        return UnaryCall.framed(InferMessages.write(answer, false).build());
    }
}
