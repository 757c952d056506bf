package dev.hearth.server.grpc;

import dev.hearth.protocol.tensorflow.DataType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * A tensor of random bits as it goes over every wire: any bits a float can have, among them not-a-numbers of all kinds and
 * the negative zero, integers beyond 2^53, strings of any bytes.
 *
 * @param elements the bits of fixed-width elements; empty for strings
 */
record BitPatterns(Kind kind, List<Long> shape, List<Long> elements, List<byte[]> strings) {

    /** What the protocols call an element type. */
    enum Kind {
        BOOL("BOOL", DataType.DT_BOOL, 1),
        INT8("INT8", DataType.DT_INT8, 1),
        INT16("INT16", DataType.DT_INT16, 2),
        INT32("INT32", DataType.DT_INT32, 4),
        INT64("INT64", DataType.DT_INT64, 8),
        UINT8("UINT8", DataType.DT_UINT8, 1),
        UINT16("UINT16", DataType.DT_UINT16, 2),
        UINT32("UINT32", DataType.DT_UINT32, 4),
        UINT64("UINT64", DataType.DT_UINT64, 8),
        FLOAT16("FP16", DataType.DT_HALF, 2),
        BFLOAT16("BF16", DataType.DT_BFLOAT16, 2),
        FLOAT32("FP32", DataType.DT_FLOAT, 4),
        FLOAT64("FP64", DataType.DT_DOUBLE, 8),
        STRING("BYTES", DataType.DT_STRING, 0);

        final String datatype;
        final DataType tensorFlow;
        final int width;

        Kind(String datatype, DataType tensorFlow, int width) {
            this.datatype = datatype;
            this.tensorFlow = tensorFlow;
            this.width = width;
        }

        boolean half() {
            return this == FLOAT16 || this == BFLOAT16;
        }

        boolean signed() {
            return this == INT8 || this == INT16 || this == INT32 || this == INT64;
        }
    }

    private static final long[] EDGES = {
        0,
        1,
        -1,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        Integer.MIN_VALUE,
        (1L << 53) + 1,
        Double.doubleToRawLongBits(-0.0),
        0x7ff0000000000000L,
        0xfff0000000000000L,
        0x7ff0000000000001L,
        0xfff8dead0000beefL,
        0x7f800000L,
        0xff800000L,
        0x7f800001L,
        0xffc12345L,
        0x80000000L,
        0x7c01L,
        0xfe42L,
        0x8000L
    };

    static BitPatterns random(Kind kind, SplittableRandom random, Long... shape) {
        int count = (int) Arrays.stream(shape).mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
        if (kind == Kind.STRING) {
            List<byte[]> strings = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                byte[] bytes = new byte[i == 0 ? 256 : random.nextInt(0, 20)];
                random.nextBytes(bytes);
                for (int at = 0; i == 0 && at < 256; at++) {
                    bytes[at] = (byte) at;
                }
                strings.add(bytes);
            }
            return new BitPatterns(kind, List.of(shape), List.of(), strings);
        }
        long mask = kind == Kind.BOOL ? 1 : -1L >>> (64 - 8 * kind.width);
        return new BitPatterns(
                kind,
                List.of(shape),
                LongStream.range(0, count)
                        .map(i -> (i < EDGES.length ? EDGES[(int) i] : random.nextLong()) & mask)
                        .boxed()
                        .toList(),
                List.of());
    }

    /** As raw contents and plain bytes are. */
    byte[] raw() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        elements.forEach(bits -> out.write(little(bits), 0, kind.width));
        strings.forEach(string -> {
            out.write(little(string.length), 0, Integer.BYTES);
            out.writeBytes(string);
        });
        return out.toByteArray();
    }

    private static byte[] little(long bits) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(bits)
                .array();
    }

    /** The same with the only not-a-number that JSON has. */
    BitPatterns inJson() {
        return new BitPatterns(kind, shape, elements.stream().map(this::oneNaN).toList(), strings);
    }

    private long oneNaN(long bits) {
        return switch (kind) {
            case FLOAT32 -> Float.floatToIntBits(Float.intBitsToFloat((int) bits)) & 0xffffffffL;
            case FLOAT64 -> Double.doubleToLongBits(Double.longBitsToDouble(bits));
            default -> bits;
        };
    }

    /** An element's value, the sign of integers extended. */
    long value(int i) {
        long bits = elements.get(i);
        int unused = 64 - 8 * kind.width;
        return kind.signed() ? bits << unused >> unused : bits;
    }

    /** JSON of numbers and truth values. */
    List<String> numbers() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < elements.size(); i++) {
            long value = value(i);
            texts.add(
                    switch (kind) {
                        case BOOL -> value == 1 ? "true" : "false";
                        case FLOAT32 -> Float.toString(Float.intBitsToFloat((int) value));
                        case FLOAT64 -> Double.toString(Double.longBitsToDouble(value));
                        default -> kind.signed() ? Long.toString(value) : Long.toUnsignedString(value);
                    });
        }
        return texts;
    }

    /** JSON values, not nested, nested as the shape says. */
    String nested(List<String> values) {
        List<String> level = values;
        for (int dim = shape.size() - 1; dim >= 0; dim--) {
            int size = (int) (long) shape.get(dim);
            List<String> flat = level;
            int groups = size == 0 ? 1 : flat.size() / size;
            level = LongStream.range(0, groups)
                    .mapToObj(group -> flat.subList((int) group * size, ((int) group + 1) * size).stream()
                            .collect(Collectors.joining(",", "[", "]")))
                    .toList();
        }
        return level.get(0);
    }

    /** The elements of {@link #numbers}, back from JSON. */
    static byte[] bits(Kind kind, List<String> texts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String text : texts) {
            long bits =
                    switch (kind) {
                        case BOOL -> text.equals("true") ? 1 : 0;
                        case FLOAT32 -> Float.floatToRawIntBits(Float.parseFloat(text));
                        case FLOAT64 -> Double.doubleToRawLongBits(Double.parseDouble(text));
                        case UINT64 -> Long.parseUnsignedLong(text);
                        default -> Long.parseLong(text);
                    };
            out.write(little(bits), 0, kind.width);
        }
        return out.toByteArray();
    }
}
