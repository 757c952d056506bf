package dev.hearth.endpoints.codec.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.packed.PackedTensor;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a client sends, both ways of reading it come to the same. */
class PackedTensorTwinTest {

    private final TensorProtoCodec codec = new TensorProtoCodec(1 << 16, TensorEncoding.TYPED_FIELDS);
    private final Random random = new Random(5);

    static Stream<DataType> types() {
        return Stream.of(DataType.values()).filter(type -> type != DataType.INVALID);
    }

    @ParameterizedTest
    @MethodSource("types")
    void readsTheSameAsFromTensorProto(DataType type) {
        for (int i = 0; i < 300; i++) {
            TensorProto.Builder proto = TensorProto.newBuilder().setDtypeValue(type.number());
            proto.setTensorShape(TensorShapeProto.newBuilder()
                    .addDim(TensorShapeProto.Dim.newBuilder().setSize(random.nextInt(4)))
                    .addDim(TensorShapeProto.Dim.newBuilder().setSize(random.nextInt(100) == 0 ? 1 << 20 : 3)));
            int values = random.nextInt(15);
            for (int v = 0; v < values; v++) {
                addEverywhere(proto);
            }
            if (random.nextInt(5) == 0) {
                proto.setTensorContent(ByteString.copyFrom(new byte[random.nextInt(9) * 12]));
            }
            if (random.nextInt(20) == 0) {
                proto.setVersionNumber(3);
            }
            same(proto.build().toByteString());
        }
    }

    private void addEverywhere(TensorProto.Builder proto) {
        proto.addFloatVal(random.nextFloat())
                .addDoubleVal(random.nextGaussian())
                .addIntVal(random.nextInt())
                .addStringVal(ByteString.copyFrom(new byte[random.nextInt(3)]))
                .addScomplexVal(random.nextFloat())
                .addInt64Val(random.nextLong())
                .addBoolVal(random.nextBoolean())
                .addDcomplexVal(random.nextDouble())
                .addHalfVal(random.nextInt(1 << 16))
                .addUint32Val(random.nextInt())
                .addUint64Val(random.nextLong() >> random.nextInt(64));
    }

    @Test
    void readsPackedFieldsInSeveralParts() {
        ByteString beginning =
                tensor(DataType.INT64, 4).addInt64Val(1).addInt64Val(-2).build().toByteString();
        ByteString rest =
                TensorProto.newBuilder().addInt64Val(300).addInt64Val(4).build().toByteString();
        assertThat(same(beginning.concat(rest)).data().asLongBuffer())
                .isEqualTo(java.nio.LongBuffer.wrap(new long[] {1, -2, 300, 4}));
        ByteString floats = tensor(DataType.FLOAT, 3).addFloatVal(1).build().toByteString();
        ByteString more =
                TensorProto.newBuilder().addFloatVal(2).addFloatVal(3).build().toByteString();
        assertThat(same(floats.concat(more)).data().asFloatBuffer())
                .isEqualTo(java.nio.FloatBuffer.wrap(new float[] {1, 2, 3}));
    }

    @Test
    void readsNumbersThatAreNotPacked() {
        UnknownFieldSet loose = UnknownFieldSet.newBuilder()
                .addField(
                        TensorProto.FLOAT_VAL_FIELD_NUMBER,
                        UnknownFieldSet.Field.newBuilder()
                                .addFixed32(Float.floatToRawIntBits(1.5f))
                                .addFixed32(Float.floatToRawIntBits(-2))
                                .build())
                .build();
        Tensor tensor =
                same(tensor(DataType.FLOAT, 2).setUnknownFields(loose).build().toByteString());
        assertThat(tensor.data().asFloatBuffer()).isEqualTo(java.nio.FloatBuffer.wrap(new float[] {1.5f, -2}));
    }

    @Test
    void refusesValuesThatEndWithinOneOfThem() throws InvalidProtocolBufferException {
        for (PackedTensor.Builder broken : new PackedTensor.Builder[] {
            packed(DataType.FLOAT).addFloatVal(ByteString.copyFrom(new byte[7])),
            packed(DataType.COMPLEX128).addDcomplexVal(ByteString.copyFrom(new byte[9])),
            packed(DataType.INT32).addIntVal(ByteString.copyFrom(new byte[] {1, (byte) 0x80})),
        }) {
            assertThatThrownBy(() -> codec.decodePacked(Map.of("x", broken.build())))
                    .isInstanceOf(ServingException.class)
                    .hasMessageStartingWith("tensor parsing error: x: the values of type ")
                    .extracting(error -> ((ServingException) error).code())
                    .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        }
    }

    @Test
    void floatsAreNotCopied() throws InvalidProtocolBufferException {
        byte[] values = new byte[40];
        PackedTensor tensor = packed(DataType.FLOAT)
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(10)))
                .addFloatVal(com.google.protobuf.UnsafeByteOperations.unsafeWrap(values))
                .build();
        Tensor read = codec.decodePacked(Map.of("x", tensor)).get("x");
        Arrays.fill(values, (byte) 1);
        assertThat(read).isNotNull();
        assertThat(read.data().getInt(36)).isEqualTo(0x01010101);
    }

    private static TensorProto.Builder tensor(DataType type, int elements) {
        return TensorProto.newBuilder()
                .setDtypeValue(type.number())
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(elements)));
    }

    private static PackedTensor.Builder packed(DataType type) {
        return PackedTensor.newBuilder()
                .setDtypeValue(type.number())
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(2)));
    }

    private Tensor same(ByteString sent) {
        Object one = outcome(() -> codec.decode(Map.of("x", TensorProto.parseFrom(sent))));
        Object other = outcome(() -> codec.decodePacked(Map.of("x", PackedTensor.parseFrom(sent))));
        if (one instanceof Tensor expected && other instanceof Tensor actual) {
            assertThat(actual.toString()).isEqualTo(expected.toString());
            if (expected.type() == DataType.STRING) {
                assertThat(actual.strings()).isDeepEqualTo(expected.strings());
            } else {
                assertThat(bytes(actual)).isEqualTo(bytes(expected));
            }
            return actual;
        }
        assertThat(other).isEqualTo(one);
        return Tensor.ofFloats(dev.hearth.engine.tensor.Shape.of(0));
    }

    private interface Reading {
        Map<String, Tensor> read() throws InvalidProtocolBufferException;
    }

    private static Object outcome(Reading reading) {
        try {
            return reading.read().values().iterator().next();
        } catch (ServingException e) {
            return e.code() + ": " + e.getMessage();
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] bytes(Tensor tensor) {
        ByteBuffer data = tensor.data();
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        return bytes;
    }
}
