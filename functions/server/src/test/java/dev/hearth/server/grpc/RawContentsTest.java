package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.endpoints.openinference.InferAnswer;
import dev.hearth.endpoints.openinference.RequestedOutput;
import dev.hearth.endpoints.openinference.SharedMemory;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.inference.ModelInferRequest;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a picture of 224 x 224 x 3 floats in raw contents costs in memory: one copy each way, and nothing an element. */
class RawContentsTest {

    private static final Shape PICTURE = Shape.of(1, 224, 224, 3);
    private static final int BYTES = 4 * 224 * 224 * 3;

    /** Messages, lists and views; an object for each element would be a hundred times that. */
    private static final long SMALL = 32 << 10;

    private static final Signature ANY = new Signature("serving_default", "", Map.of(), Map.of(), Map.of());

    private static byte[] floats() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < BYTES / 4; i++) {
            bytes.putFloat(i);
        }
        return bytes.array();
    }

    @Test
    void aRequestIsCopiedOnceAndItsTensorIsAViewOfIt() throws IOException {
        ModelInferRequest request = ModelInferRequest.newBuilder()
                .setModelName("m")
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                        .setName("x")
                        .setDatatype("FP32")
                        .addAllShape(List.of(1L, 224L, 224L, 3L)))
                .addRawInputContents(UnsafeByteOperations.unsafeWrap(floats()))
                .build();
        Buffer sent = UnaryCall.framed(request);

        Cost<ModelInferRequest> read = Cost.of(() -> {
            MessageFrame frame = new MessageFrame(Integer.MAX_VALUE);
            frame.add(sent.copy().slice(0, sent.length()));
            CodedInputStream in = frame.content(null);
            return ModelInferRequest.parseFrom(in, ExtensionRegistryLite.getEmptyRegistry());
        });
        // One copy of the buffer is this test's own.
        assertThat(read.bytes()).isLessThan(2L * BYTES + 2 * SMALL);

        try (SharedMemory none = new SharedMemory(false)) {
            Cost<Map<String, Tensor>> tensors = Cost.of(
                    () -> InferMessages.read(read.result(), none).inputs().of(ANY));
            assertThat(tensors.bytes()).isLessThan(SMALL);
            Tensor tensor = tensors.result().get("x");
            assertThat(tensor.shape()).isEqualTo(PICTURE);
            assertThat(tensor.data().getFloat(BYTES - 4)).isEqualTo(BYTES / 4 - 1);
        }
    }

    @Test
    void anAnswerIsCopiedOnceOntoTheWire() throws IOException {
        Tensor tensor = Tensor.of(DataType.FLOAT, PICTURE, ByteBuffer.wrap(floats()));
        InferAnswer answer = new InferAnswer(
                new ServableId("m", 1), "", List.of(new InferAnswer.Output(tensor, RequestedOutput.plain("y"))));

        Cost<Buffer> framed = Cost.of(
                () -> UnaryCall.framed(InferMessages.write(answer, false).build()));
        assertThat(framed.bytes()).isLessThan(BYTES + SMALL);
        assertThat(framed.result().length()).isGreaterThan(BYTES);
    }
}
