package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.hearth.protocol.inference.InferTensorContents;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.server.grpc.BitPatterns.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The typed fields of both protocols' messages, by bits. */
final class TypedBits {

    private TypedBits() {}

    /** {@code InferTensorContents} of the Open Inference Protocol. */
    static InferTensorContents.Builder contents(BitPatterns sent) {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        for (int i = 0; i < sent.elements().size(); i++) {
            long value = sent.value(i);
            switch (sent.kind()) {
                case BOOL -> contents.addBoolContents(value == 1);
                case INT8, INT16, INT32 -> contents.addIntContents((int) value);
                case INT64 -> contents.addInt64Contents(value);
                case UINT8, UINT16, UINT32 -> contents.addUintContents((int) value);
                case UINT64 -> contents.addUint64Contents(value);
                case FLOAT32 -> contents.addFp32Contents(Float.intBitsToFloat((int) value));
                default -> contents.addFp64Contents(Double.longBitsToDouble(value));
            }
        }
        sent.strings().forEach(string -> contents.addBytesContents(ByteString.copyFrom(string)));
        return contents;
    }

    static BitPatterns of(Kind kind, InferTensorContents contents) {
        return of(
                kind,
                switch (kind) {
                    case BOOL -> truths(contents.getBoolContentsList());
                    case INT8, INT16, INT32 -> numbers(contents.getIntContentsList());
                    case INT64 -> numbers(contents.getInt64ContentsList());
                    case UINT8, UINT16, UINT32 -> numbers(contents.getUintContentsList());
                    case UINT64 -> numbers(contents.getUint64ContentsList());
                    case FLOAT32 -> floats(contents.getFp32ContentsList());
                    case FLOAT64 -> doubles(contents.getFp64ContentsList());
                    default -> Stream.of();
                },
                contents.getBytesContentsList());
    }

    /** The packed fields of TensorFlow's {@code TensorProto}. */
    static TensorProto.Builder packed(BitPatterns sent) {
        TensorProto.Builder tensor = TensorProto.newBuilder();
        for (int i = 0; i < sent.elements().size(); i++) {
            long value = sent.value(i);
            switch (sent.kind()) {
                case BOOL -> tensor.addBoolVal(value == 1);
                case INT64 -> tensor.addInt64Val(value);
                case UINT32 -> tensor.addUint32Val((int) value);
                case UINT64 -> tensor.addUint64Val(value);
                case FLOAT16, BFLOAT16 -> tensor.addHalfVal((int) value);
                case FLOAT32 -> tensor.addFloatVal(Float.intBitsToFloat((int) value));
                case FLOAT64 -> tensor.addDoubleVal(Double.longBitsToDouble(value));
                default -> tensor.addIntVal((int) value);
            }
        }
        sent.strings().forEach(string -> tensor.addStringVal(ByteString.copyFrom(string)));
        return tensor;
    }

    static BitPatterns of(Kind kind, TensorProto tensor) {
        return of(
                kind,
                switch (kind) {
                    case BOOL -> truths(tensor.getBoolValList());
                    case INT64 -> numbers(tensor.getInt64ValList());
                    case UINT32 -> numbers(tensor.getUint32ValList());
                    case UINT64 -> numbers(tensor.getUint64ValList());
                    case FLOAT16, BFLOAT16 -> numbers(tensor.getHalfValList());
                    case FLOAT32 -> floats(tensor.getFloatValList());
                    case FLOAT64 -> doubles(tensor.getDoubleValList());
                    default -> numbers(tensor.getIntValList());
                },
                tensor.getStringValList());
    }

    private static BitPatterns of(Kind kind, Stream<Long> elements, List<ByteString> strings) {
        List<byte[]> bytes = new ArrayList<>();
        strings.forEach(string -> bytes.add(string.toByteArray()));
        return new BitPatterns(
                kind, List.of(), elements.map(element -> fitting(kind, element)).toList(), bytes);
    }

    /** Fields are wider than elements: what they hold beyond must be the sign, or nothing. */
    private static long fitting(Kind kind, long field) {
        long element = kind == Kind.UINT32 ? field & 0xFFFF_FFFFL : field;
        int unused = 64 - 8 * kind.width;
        assertThat(kind.signed() ? element << unused >> unused : element << unused >>> unused)
                .as("field of %s", kind)
                .isEqualTo(element);
        return element;
    }

    private static Stream<Long> truths(List<Boolean> values) {
        return values.stream().map(value -> value ? 1L : 0L);
    }

    private static Stream<Long> numbers(List<? extends Number> values) {
        return values.stream().map(Number::longValue);
    }

    private static Stream<Long> floats(List<Float> values) {
        return values.stream().map(value -> Float.floatToRawIntBits(value) & 0xFFFF_FFFFL);
    }

    private static Stream<Long> doubles(List<Double> values) {
        return values.stream().map(Double::doubleToRawLongBits);
    }
}
