package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.predict.RequestBytes;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
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
 * Bodies of HTTP inference with the plain bytes of one float tensor behind JSON, to a tensor and back. What is allocated must
 * not grow with the elements but for one copy of an answer: run with {@code -prof gc}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class PlainBytesBenchmark {

    @Param({"1", "150528"})
    int floats;

    private final SharedMemory memory = new SharedMemory(false);
    private final Signature signature = new Signature("serving_default", "predict", Map.of(), Map.of(), Map.of());
    private RequestBytes sent = new RequestBytes();
    private OptionalInt jsonLength = OptionalInt.empty();
    private InferAnswer answer = new InferAnswer(new ServableId(new ModelName("m"), 1), "", List.of());

    @Setup
    public void make() {
        float[] values = new float[floats];
        for (int i = 0; i < floats; i++) {
            values[i] = i / 7f;
        }
        Tensor tensor = Tensor.ofFloats(Shape.of(floats), values);
        byte[] head = ("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[" + floats
                        + "],\"parameters\":{\"binary_data_size\":" + 4 * floats + "}}]}")
                .getBytes(StandardCharsets.UTF_8);
        ByteBuffer body = ByteBuffer.allocate(head.length + 4 * floats);
        body.put(head).put(tensor.data());
        sent = RequestBytes.of(body.array());
        jsonLength = OptionalInt.of(head.length);
        answer = new InferAnswer(
                answer.model(), "", List.of(new InferAnswer.Output(tensor, RequestedOutput.plain("y"))));
    }

    @Benchmark
    public Map<String, Tensor> read() {
        return HttpInference.read("m", "", sent, jsonLength, JsonLimits.DEFAULT, memory)
                .request()
                .inputs()
                .of(signature);
    }

    @Benchmark
    public HttpInference.Written write() {
        return HttpInference.write(answer, true);
    }
}
