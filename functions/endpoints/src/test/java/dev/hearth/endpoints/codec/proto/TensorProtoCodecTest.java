package dev.hearth.endpoints.codec.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TensorProtoCodecTest {

    private final TensorProtoCodec codec = new TensorProtoCodec(1 << 20, TensorEncoding.TYPED_FIELDS);

    static Stream<DataType> types() {
        return Stream.of(DataType.values()).filter(DataType::isFixedWidth);
    }

    static Stream<Arguments> typesAndEncodings() {
        return types().flatMap(
                        type -> Stream.of(TensorEncoding.values()).map(encoding -> Arguments.of(type, encoding)));
    }

    @ParameterizedTest
    @MethodSource("typesAndEncodings")
    void givesBackTheSameBytes(DataType type, TensorEncoding encoding) {
        TensorProtoCodec both = new TensorProtoCodec(1 << 20, encoding);
        for (Shape shape : List.of(Shape.SCALAR, Shape.of(3, 5), Shape.of(0, 7), Shape.of(1000))) {
            byte[] bytes = bytes(type, (int) shape.elements());
            TensorProto proto = both.encode(Tensor.of(type, shape, ByteBuffer.wrap(bytes)));
            Tensor back = both.decode("x", sent(proto));

            assertThat(proto.getDtypeValue()).isEqualTo(type.number());
            assertThat(proto.getTensorContent().isEmpty())
                    .isEqualTo(encoding != TensorEncoding.TENSOR_CONTENT || bytes.length == 0);
            assertThat(back.type()).isEqualTo(type);
            assertThat(back.shape()).isEqualTo(shape);
            assertThat(bytesOf(back)).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @EnumSource
    void givesBackTheSameStrings(TensorEncoding encoding) {
        TensorProtoCodec both = new TensorProtoCodec(1 << 20, encoding);
        byte[][] strings = {"caf\u00e9".getBytes(StandardCharsets.UTF_8), {}, {0, -1, 'x'}, {1}};
        Tensor tensor = Tensor.ofStrings(Shape.of(2, 2), strings);

        TensorProto proto = both.encode(tensor);

        assertThat(proto.getStringValCount()).isEqualTo(4);
        assertThat(proto.getTensorContent().isEmpty()).isTrue();
        assertThat(both.decode("x", proto).strings()).isDeepEqualTo(strings);
        assertThat(both.decode("x", proto).shape()).isEqualTo(Shape.of(2, 2));
    }

    @ParameterizedTest
    @MethodSource("types")
    void packsFieldsToWhatTypedFieldsAreOnTheWire(DataType type) {
        Tensor tensor = Tensor.of(type, Shape.of(50, 2), ByteBuffer.wrap(bytes(type, 100)));
        TensorProto packed = new TensorProtoCodec(0, TensorEncoding.PACKED_FIELDS).encode(tensor);
        assertThat(sent(packed)).isEqualTo(codec.encode(tensor));
        assertThat(packed.getSerializedSize()).isEqualTo(codec.encode(tensor).getSerializedSize());
    }

    @Test
    void encodesConcatenatedAndCutTensors() {
        Tensor tensor = Tensor.concat(
                        List.of(Tensor.ofFloats(Shape.of(2, 1), 1f, 2f), Tensor.ofFloats(Shape.of(2, 1), 3f, 4f)))
                .slice(1, 2);
        assertThat(codec.encode(tensor).getFloatValList()).containsExactly(2f, 3f);
    }

    @Test
    void readsUnsignedValuesWithoutSign() {
        assertThat(codec.encode(Tensor.of(DataType.UINT8, Shape.SCALAR, ByteBuffer.wrap(new byte[] {-1})))
                        .getIntValList())
                .containsExactly(255);
        assertThat(codec.encode(Tensor.of(DataType.UINT16, Shape.SCALAR, ByteBuffer.wrap(new byte[] {-1, -1})))
                        .getIntValList())
                .containsExactly(65535);
        assertThat(codec.encode(Tensor.of(DataType.HALF, Shape.SCALAR, ByteBuffer.wrap(new byte[] {0, (byte) 0xc0})))
                        .getHalfValList())
                .containsExactly(0xc000);
    }

    @Test
    void repeatsTheLastValue() {
        TensorProto proto = proto(DataType.FLOAT, 2, 4)
                .addFloatVal(1)
                .addFloatVal(2)
                .addFloatVal(3)
                .build();
        assertThat(codec.decode("x", proto).data().asFloatBuffer())
                .isEqualTo(Tensor.ofFloats(Shape.of(8), 1, 2, 3, 3, 3, 3, 3, 3)
                        .data()
                        .asFloatBuffer());
    }

    @Test
    void repeatsTheLastComplexPair() {
        TensorProto proto = proto(DataType.COMPLEX64, 3)
                .addScomplexVal(1)
                .addScomplexVal(2)
                .addScomplexVal(9)
                .build();
        assertThat(codec.decode("x", proto).data().asFloatBuffer())
                .isEqualTo(Tensor.ofFloats(Shape.of(6), 1, 2, 1, 2, 1, 2).data().asFloatBuffer());
    }

    @Test
    void repeatsTheLastString() {
        TensorProto proto = proto(DataType.STRING, 3)
                .addStringVal(ByteString.copyFromUtf8("a"))
                .addStringVal(ByteString.copyFromUtf8("b"))
                .build();
        assertThat(codec.decode("x", proto).strings()).isDeepEqualTo(new byte[][] {{'a'}, {'b'}, {'b'}});
    }

    @ParameterizedTest
    @MethodSource("types")
    void readsNoValuesAsZeros(DataType type) {
        Tensor tensor = codec.decode("x", proto(type, 2, 3).build());
        assertThat(bytesOf(tensor)).containsOnly(0).hasSize(6 * type.byteSize());
    }

    @Test
    void readsNoValuesAsEmptyStrings() {
        assertThat(codec.decode("x", proto(DataType.STRING, 2).build()).strings())
                .isDeepEqualTo(new byte[][] {{}, {}});
    }

    @Test
    void ignoresSurplus() {
        TensorProto proto =
                proto(DataType.INT64, 1).addInt64Val(7).addInt64Val(8).build();
        assertThat(codec.decode("x", proto).data().asLongBuffer().get()).isEqualTo(7);
        TensorProto none = proto(DataType.INT64, 0).addInt64Val(7).build();
        assertThat(codec.decode("x", none).shape()).isEqualTo(Shape.of(0));
    }

    @Test
    void prefersTensorContentAndDoesNotCopyIt() {
        TensorProto proto = proto(DataType.INT32, 1)
                .addIntVal(9)
                .setTensorContent(ByteString.copyFrom(new byte[] {7, 0, 0, 0}))
                .build();
        assertThat(codec.decode("x", proto).data().getInt()).isEqualTo(7);
    }

    @Test
    void readsAnyNonZeroByteAsTrue() {
        TensorProto proto = proto(DataType.BOOL, 3)
                .setTensorContent(ByteString.copyFrom(new byte[] {0, 2, -1}))
                .build();
        assertThat(bytesOf(codec.decode("x", proto))).containsExactly(0, 1, 1);
    }

    @Test
    void readsStringsAsCppPutsThemIntoTensorContent() {
        byte[] longer = new byte[200];
        Arrays.fill(longer, (byte) 'z');
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(new byte[] {1, (byte) 0xc8, 1, 0, 'a'});
        content.writeBytes(longer);
        TensorProto proto = proto(DataType.STRING, 3)
                .setTensorContent(ByteString.copyFrom(content.toByteArray()))
                .build();
        assertThat(codec.decode("x", proto).strings()).isDeepEqualTo(new byte[][] {{'a'}, longer, {}});

        for (byte[] bad : List.of(new byte[] {1}, new byte[] {1, 1, 1, 'a'}, new byte[] {0, 0, 0, 'a'}, new byte[] {
            -1, -1, -1, -1, 15, 0, 0
        })) {
            TensorProto broken =
                    proto.toBuilder().setTensorContent(ByteString.copyFrom(bad)).build();
            refused(() -> codec.decode("x", broken), "tensor_content");
        }
    }

    @Test
    void refusesTensorContentOfTheWrongSize() {
        for (int size : new int[] {1, 3, 5, 8}) {
            TensorProto proto = proto(DataType.INT32, 1)
                    .setTensorContent(ByteString.copyFrom(new byte[size]))
                    .build();
            refused(() -> codec.decode("x", proto), "tensor_content has " + size + " bytes, int32[1] takes 4");
        }
        TensorProto empty = proto(DataType.INT32, 0)
                .setTensorContent(ByteString.copyFrom(new byte[4]))
                .build();
        refused(() -> codec.decode("x", empty), "tensor_content");
    }

    @ParameterizedTest
    @CsvSource({"0", "20", "21", "24", "101", "999", "-1"})
    void refusesTypesThatCannotBeFed(int number) {
        TensorProto proto = proto(DataType.FLOAT, 1).setDtypeValue(number).build();
        refused(() -> codec.decode("x", proto), "(" + number + ")");
    }

    @Test
    void refusesUnknownShapes() {
        TensorProto noRank = TensorProto.newBuilder()
                .setDtypeValue(1)
                .setTensorShape(TensorShapeProto.newBuilder().setUnknownRank(true))
                .build();
        refused(() -> codec.decode("x", noRank), "rank");
        refused(() -> codec.decode("x", proto(DataType.FLOAT, 2, -1).build()), "dimension 1 of the shape is -1");
        refused(() -> codec.decode("x", proto(DataType.FLOAT, new long[300]).build()), "300 dimensions");
    }

    @Test
    void refusesHugeShapesBeforeTakingMemory() {
        refused(
                () -> codec.decode(
                        "x", proto(DataType.FLOAT, 1_000_000_000).addFloatVal(1).build()),
                "memory");
        refused(() -> codec.decode("x", proto(DataType.FLOAT, (1 << 18) + 1).build()), "memory");
        refused(() -> codec.decode("x", proto(DataType.STRING, 1_000_000_000).build()), "memory");
        refused(
                () -> codec.decode(
                        "x",
                        proto(DataType.FLOAT, Long.MAX_VALUE, Long.MAX_VALUE).build()),
                "too many elements");
        assertThat(codec.decode("x", proto(DataType.FLOAT, 1 << 18).build()).byteSize())
                .isEqualTo(1 << 20);
        assertThat(codec.decode("x", proto(DataType.FLOAT, Long.MAX_VALUE, 0).build())
                        .byteSize())
                .isZero();
        TensorProtoCodec unbounded = new TensorProtoCodec(Long.MAX_VALUE, TensorEncoding.TYPED_FIELDS);
        refused(() -> unbounded.decode("x", proto(DataType.FLOAT, 1L << 30).build()), "memory");
    }

    @Test
    void countsRepeatedStringsAsTheCopiesTheyBecome() {
        TensorProto proto = proto(DataType.STRING, 1000)
                .addStringVal(ByteString.copyFrom(new byte[2000]))
                .build();
        refused(() -> codec.decode("x", proto), "memory");
    }

    @Test
    void boundsAllInputsTogether() {
        Map<String, TensorProto> inputs = new LinkedHashMap<>();
        inputs.put("a", proto(DataType.UINT8, 600_000).build());
        inputs.put("b", proto(DataType.UINT8, 600_000).build());
        assertThatThrownBy(() -> codec.decode(inputs)).hasMessageStartingWith("tensor parsing error: b: ");
        inputs.remove("b");
        assertThat(codec.decode(inputs)).containsOnlyKeys("a");
    }

    @Test
    void keepsTheOrderOfOutputs() {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (String alias : List.of("z", "a", "m")) {
            outputs.put(alias, Tensor.ofInts(Shape.SCALAR, 1));
        }
        assertThat(codec.encode(outputs).keySet()).containsExactly("z", "a", "m");
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String reason) {
        assertThatThrownBy(call)
                .isInstanceOf(ServingException.class)
                .hasMessageStartingWith("tensor parsing error: x")
                .hasMessageContaining(reason)
                .extracting(e -> ((ServingException) e).code())
                .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }

    private static TensorProto sent(TensorProto proto) {
        try {
            return TensorProto.parseFrom(proto.toByteString());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static TensorProto.Builder proto(DataType type, long... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long dim : dims) {
            shape.addDimBuilder().setSize(dim);
        }
        return TensorProto.newBuilder().setDtypeValue(type.number()).setTensorShape(shape);
    }

    private static byte[] bytes(DataType type, int elements) {
        byte[] bytes = new byte[elements * type.byteSize()];
        new Random(type.number()).nextBytes(bytes);
        for (int i = 0; type == DataType.BOOL && i < bytes.length; i++) {
            bytes[i] &= 1;
        }
        return bytes;
    }

    private static byte[] bytesOf(Tensor tensor) {
        byte[] bytes = new byte[(int) tensor.byteSize()];
        tensor.data().get(bytes);
        return bytes;
    }
}
