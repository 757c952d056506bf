package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.endpoints.codec.json.InferBody;
import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.endpoints.codec.json.PredictJson;
import dev.hearth.endpoints.codec.proto.TensorEncoding;
import dev.hearth.endpoints.codec.proto.TensorProtoCodec;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/**
 * What reading a request costs in memory for each of its numbers: its place in the tensor, and no object, which would
 * take four times as much.
 */
class ReadingCostTest {

    private static final int FEW = 10_000;
    private static final int MANY = 100_000;

    /** Bytes for each number: the tensor takes four, and messages are read where they have arrived. */
    private static final double EACH = 5;

    private static final Signature FLOATS = Signatures.predict(Signature.SERVING_DEFAULT)
            .in("x", DataType.FLOAT, -1)
            .out("y", DataType.FLOAT, -1)
            .build();

    private final TensorProtoCodec codec = new TensorProtoCodec(1 << 30, TensorEncoding.PACKED_FIELDS);

    /** Reads that many numbers. */
    private interface Reading {
        Tensor read() throws IOException;
    }

    /** Bytes for each number, by the difference of many and few. */
    private static double bytesEach(IntFunction<Reading> readings) throws IOException {
        Cost<Tensor> few = Cost.of(readings.apply(FEW)::read);
        Cost<Tensor> many = Cost.of(readings.apply(MANY)::read);
        assertThat(many.result().shape().elements()).isEqualTo(MANY);
        assertThat(many.result().data().getFloat(4 * (MANY - 1))).isEqualTo(MANY - 1 + 0.5f);
        return (double) (many.bytes() - few.bytes()) / (MANY - FEW);
    }

    private static TensorProto.Builder tensor(int count) {
        return TensorProto.newBuilder()
                .setDtypeValue(1)
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(count)));
    }

    private Reading reading(TensorProto tensor) {
        PredictRequest request =
                PredictRequest.newBuilder().putInputs("x", tensor).build();
        Buffer sent = UnaryCall.framed(request);
        return () -> {
            MessageFrame frame = new MessageFrame(Integer.MAX_VALUE);
            frame.add(sent);
            PackedPredictRequest read =
                    PackedPredictRequest.parseFrom(frame.content(null), ExtensionRegistryLite.getEmptyRegistry());
            return codec.decodePacked(read.getInputsMap()).get("x");
        };
    }

    private static String numbers(int count, String before, String behind) {
        StringJoiner numbers = new StringJoiner(",");
        for (int i = 0; i < count; i++) {
            numbers.add(before + i + ".5" + behind);
        }
        return numbers.toString();
    }

    private static JsonText text(String json) {
        return JsonText.copyOf(json.getBytes(StandardCharsets.UTF_8));
    }

    private static Reading reading(JsonText text) {
        return () -> PredictJson.parse(text, JsonLimits.DEFAULT).tensors(FLOATS).get("x");
    }

    @Test
    void predictOverGrpcWithPackedFloats() throws IOException {
        double each = bytesEach(count -> {
            TensorProto.Builder tensor = tensor(count);
            for (int i = 0; i < count; i++) {
                tensor.addFloatVal(i + 0.5f);
            }
            return reading(tensor.build());
        });
        assertThat(each).isLessThan(EACH);
    }

    @Test
    void predictOverGrpcWithTensorContent() throws IOException {
        double each = bytesEach(count -> {
            ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < count; i++) {
                bytes.putFloat(4 * i, i + 0.5f);
            }
            return reading(tensor(count)
                    .setTensorContent(UnsafeByteOperations.unsafeWrap(bytes))
                    .build());
        });
        assertThat(each).isLessThan(EACH);
    }

    @Test
    void predictInRowsOfJson() throws IOException {
        double each = bytesEach(count -> reading(text("{\"instances\":[" + numbers(count, "", "") + "]}")));
        assertThat(each).isLessThan(EACH);
    }

    @Test
    void predictInRowsOfJsonThatNameTheInput() throws IOException {
        double each = bytesEach(count -> reading(text("{\"instances\":[" + numbers(count, "{\"x\":", "}") + "]}")));
        assertThat(each).isLessThan(EACH);
    }

    @Test
    void predictInColumnsOfJson() throws IOException {
        double each = bytesEach(count -> reading(text("{\"inputs\":[" + numbers(count, "", "") + "]}")));
        assertThat(each).isLessThan(EACH);
    }

    @Test
    void inferInJson() throws IOException {
        double each = bytesEach(count -> {
            JsonText text = text("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[" + count
                    + "],\"data\":[" + numbers(count, "", "") + "]}]}");
            return () -> InferBody.parse(text, JsonLimits.DEFAULT, (input, type) -> DataType.FLOAT)
                    .inputs()
                    .get(0)
                    .tensor();
        });
        assertThat(each).isLessThan(EACH);
    }
}
