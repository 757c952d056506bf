package dev.hearth.engine.golden;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Compares answers: a pure function. Types and shapes must be equal, floating point numbers close, everything else equal.
 * Outputs that are not wanted do not matter.
 */
public final class AnswerComparison {

    private static final int FLOAT_BITS = 32;
    private static final int HALF_BITS = 16;

    private AnswerComparison() {}

    /** What differs first, in a sentence; empty where the answer is as wanted. */
    public static Optional<String> difference(
            Map<String, Tensor> wanted, Map<String, Tensor> got, Tolerances tolerances) {
        for (Map.Entry<String, Tensor> output : wanted.entrySet()) {
            Tensor answered = got.get(output.getKey());
            Optional<String> difference = answered == null
                    ? Optional.of("output " + output.getKey() + " is missing")
                    : difference(output.getKey(), output.getValue(), answered, tolerances.of(output.getKey()));
            if (difference.isPresent()) {
                return difference;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> difference(String name, Tensor wanted, Tensor got, Tolerance tolerance) {
        if (wanted.type() != got.type() || !wanted.shape().equals(got.shape())) {
            return Optional.of("output " + name + " is " + got.type().typeName() + " " + got.shape() + ", wanted "
                    + wanted.type().typeName() + " " + wanted.shape());
        }
        return switch (wanted.type()) {
            case FLOAT, DOUBLE, HALF, BFLOAT16 -> floats(name, wanted, got, tolerance);
            case STRING -> strings(name, wanted.strings(), got.strings());
            default ->
                wanted.data().equals(got.data())
                        ? Optional.empty()
                        : Optional.of("output " + name + " differs at byte "
                                + wanted.data().mismatch(got.data()));
        };
    }

    private static Optional<String> strings(String name, byte[][] wanted, byte[][] got) {
        for (int i = 0; i < wanted.length; i++) {
            if (!Arrays.equals(wanted[i], got[i])) {
                return Optional.of("output " + name + "[" + i + "] is another string");
            }
        }
        return Optional.empty();
    }

    private static Optional<String> floats(String name, Tensor wanted, Tensor got, Tolerance tolerance) {
        DataType type = wanted.type();
        ByteBuffer one = wanted.data();
        ByteBuffer other = got.data();
        long count = wanted.byteSize() / type.byteSize();
        long beyond = 0;
        long first = -1;
        double worst = 0;
        for (int i = 0; i < count; i++) {
            double a = number(type, one, i);
            double b = number(type, other, i);
            if (!tolerance.accepts(a, b)) {
                first = beyond++ == 0 ? i : first;
                worst = Math.max(worst, Math.abs(a - b));
            }
        }
        if (beyond == 0) {
            return Optional.empty();
        }
        return Optional.of("output " + name + "[" + first + "] is " + number(type, other, (int) first) + ", wanted "
                + number(type, one, (int) first) + " (tolerance " + tolerance.absolute() + " + " + tolerance.relative()
                + " of it); " + beyond + " of " + count + " numbers differ, by up to " + worst);
    }

    private static double number(DataType type, ByteBuffer data, int index) {
        int at = data.position() + index * type.byteSize();
        return switch (type) {
            case FLOAT -> data.getFloat(at);
            case DOUBLE -> data.getDouble(at);
            case BFLOAT16 -> Float.intBitsToFloat(data.getShort(at) << (FLOAT_BITS - HALF_BITS));
            default -> half(data.getShort(at));
        };
    }

    /** IEEE 754 binary16; Java 17 has no method for it. */
    private static double half(short bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        double sign = bits < 0 ? -1 : 1;
        if (exponent == 0x1f) {
            return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        return exponent == 0
                ? sign * fraction * 0x1p-24
                : sign * (1 + fraction / 1024.0) * Math.scalb(1.0, exponent - 15);
    }
}
