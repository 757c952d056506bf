package dev.hearth.endpoints.codec.json;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Numbers as TensorFlow Serving prints them in JSON: six significant digits where these read back as the same value,
 * else nine for a float and seventeen for a double; no trailing zeros but {@code .0} for whole numbers; an exponent as
 * C's {@code %g} has it ({@code 9e+06}, {@code 3e-05}); {@code NaN}, {@code Infinity}, {@code -Infinity} unquoted.
 *
 * <p>Digits come from floating-point or 128-bit products where these decide the rounding, from {@link BigDecimal}
 * where they do not. Stateless.
 */
final class NumberText {

    private static final long[] TENS = new long[19];

    static {
        TENS[0] = 1;
        for (int i = 1; i < TENS.length; i++) {
            TENS[i] = TENS[i - 1] * 10;
        }
    }

    /** More than the longest number takes. */
    private static final int ROOM = 32;

    private NumberText() {}

    static void write(float value, ByteSink out) {
        double v = Math.abs((double) value);
        byte[] to = out.reserve(ROOM);
        int at = out.length();
        if (value != value || v > Float.MAX_VALUE) {
            out.setLength(notFinite(value, to, at));
            return;
        }
        if (value < 0 || v == 0 && 1 / value < 0) {
            to[at++] = '-';
        }
        if (v == 0) {
            out.setLength(zero(to, at));
            return;
        }
        int exponent = exponentOf(v);
        long digits = rounded(v, exponent, 6);
        if (digits >= 0) {
            exponent += digits >= TENS[6] ? 1 : 0;
            long six = digits >= TENS[6] ? TENS[5] : digits;
            if (readsBackAsFloat(six, exponent - 5, (float) v)) {
                out.setLength(layOut(six, 6, exponent, to, at));
                return;
            }
            exponent = exponentOf(v);
            digits = rounded(v, exponent, 9);
            if (digits >= 0) {
                exponent += digits >= TENS[9] ? 1 : 0;
                out.setLength(layOut(digits >= TENS[9] ? TENS[8] : digits, 9, exponent, to, at));
                return;
            }
        }
        out.setLength(slowly(v, (float) v, 9, to, at));
    }

    static void write(double value, ByteSink out) {
        double v = Math.abs(value);
        byte[] to = out.reserve(ROOM);
        int at = out.length();
        if (value != value || v > Double.MAX_VALUE) {
            out.setLength(notFinite(value, to, at));
            return;
        }
        if (value < 0 || v == 0 && 1 / value < 0) {
            to[at++] = '-';
        }
        if (v == 0) {
            out.setLength(zero(to, at));
            return;
        }
        if (v > 1e-45 && v < 1e60) {
            int exponent = exponentOf(v);
            long digits = rounded(v, exponent, 6);
            if (digits >= 0) {
                int shown = exponent + (digits >= TENS[6] ? 1 : 0);
                long six = digits >= TENS[6] ? TENS[5] : digits;
                if (DecimalReader.nearest(six, shown - 5) == v) {
                    out.setLength(layOut(six, 6, shown, to, at));
                    return;
                }
                digits = seventeen(v, exponent);
                if (digits >= 0) {
                    shown = exponent + (digits >= TENS[17] ? 1 : 0);
                    out.setLength(layOut(digits >= TENS[17] ? TENS[16] : digits, 17, shown, to, at));
                    return;
                }
            }
        }
        out.setLength(slowly(v, 0, 17, to, at));
    }

    static void write(long value, ByteSink out) {
        byte[] to = out.reserve(ROOM);
        int at = out.length();
        if (value < 0) {
            if (value == Long.MIN_VALUE) {
                out.ascii("-9223372036854775808");
                return;
            }
            to[at++] = '-';
            value = -value;
        }
        int n = 1;
        while (n < 19 && value >= TENS[n]) {
            n++;
        }
        putDigits(value, n, to, at);
        out.setLength(at + n);
    }

    static void writeUnsigned(long value, ByteSink out) {
        if (value >= 0) {
            write(value, out);
        } else {
            out.ascii(Long.toUnsignedString(value));
        }
    }

    private static int notFinite(double value, byte[] to, int at) {
        String text = value != value ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        for (int i = 0; i < text.length(); i++) {
            to[at + i] = (byte) text.charAt(i);
        }
        return at + text.length();
    }

    private static int zero(byte[] to, int at) {
        to[at] = '0';
        to[at + 1] = '.';
        to[at + 2] = '0';
        return at + 3;
    }

    /** Floor of the decimal logarithm, give or take one at a power of ten. */
    private static int exponentOf(double v) {
        int binary = Math.getExponent(v);
        int estimate = (binary * 78913) >> 18;
        return PowersOfTen.covers(estimate + 1) && v >= PowersOfTen.asDouble(estimate + 1) ? estimate + 1 : estimate;
    }

    /** {@code v * 10^(precision-1-exponent)} rounded half to even; negative where a double's product cannot tell. */
    private static long rounded(double v, int exponent, int precision) {
        int scale = precision - 1 - exponent;
        if (!PowersOfTen.covers(scale)) {
            return -1;
        }
        double scaled;
        boolean exact;
        if (scale < -22) {
            return -1;
        }
        if (scale < 0) {
            double power = PowersOfTen.asDouble(-scale);
            scaled = v / power;
            exact = Math.fma(scaled, power, -v) == 0;
        } else {
            double power = PowersOfTen.asDouble(scale);
            scaled = v * power;
            exact = scale <= 22 && Math.fma(v, power, -scaled) == 0;
        }
        long whole = (long) scaled;
        if (whole < TENS[precision - 1] || whole >= TENS[precision]) {
            return -1;
        }
        double rest = scaled - whole;
        if (exact) {
            return rest > 0.5 || rest == 0.5 && (whole & 1) == 1 ? whole + 1 : whole;
        }
        if (Math.abs(rest - 0.5) < 0x1p-18) {
            return -1;
        }
        return rest > 0.5 ? whole + 1 : whole;
    }

    /** {@code v * 10^(16-exponent)} rounded half to even by a 192-bit product; negative where that cannot tell. */
    private static long seventeen(double v, int exponent) {
        int scale = 16 - exponent;
        if (!PowersOfTen.covers(scale)) {
            return -1;
        }
        long bits = Double.doubleToRawLongBits(v);
        long m = (bits & ((1L << 52) - 1) | 1L << 52) << 11;
        int binary = Math.getExponent(v) - 63;
        long high = PowersOfTen.high(scale);
        long low = PowersOfTen.low(scale);
        long lowHigh = PowersOfTen.multiplyHigh(m, low);
        long p0 = m * low;
        long p1 = m * high + lowHigh;
        long p2 = PowersOfTen.multiplyHigh(m, high) + (Long.compareUnsigned(p1, lowHigh) < 0 ? 1 : 0);
        int shift = -(binary + PowersOfTen.log2(scale) - 127) - 128;
        if (shift < 1 || shift > 62) {
            return -1;
        }
        long whole = p2 >>> shift;
        long rest = p2 & ((1L << shift) - 1);
        long half = 1L << (shift - 1);
        if (whole < TENS[16] || whole >= TENS[17]) {
            return -1;
        }
        boolean exact = scale >= 0 && scale <= PowersOfTen.EXACT;
        if (!exact && rest == half - 1 && p1 == -1) {
            return -1;
        }
        if (rest == half && p1 == 0 && p0 == 0) {
            return exact ? whole + (whole & 1) : whole + 1;
        }
        return rest >= half ? whole + 1 : whole;
    }

    /** Whether the decimal, read as a float, is the value; read by way of a double unless that is between two floats. */
    private static boolean readsBackAsFloat(long digits, int exponent, float value) {
        double read = DecimalReader.nearest(digits, exponent);
        if (read != read || (Double.doubleToRawLongBits(read) & 0x1FFFFFFFL) == 0x10000000L || read < 0x1p-126) {
            return Float.parseFloat(digits + "e" + exponent) == value;
        }
        return (float) read == value;
    }

    private static int slowly(double v, float asFloat, int most, byte[] to, int at) {
        BigDecimal exact = new BigDecimal(v);
        BigDecimal six = exact.round(new MathContext(6, RoundingMode.HALF_EVEN));
        boolean enough = most == 9 ? six.floatValue() == asFloat : six.doubleValue() == v;
        int precision = enough ? 6 : most;
        BigDecimal shown = enough ? six : exact.round(new MathContext(most, RoundingMode.HALF_EVEN));
        long digits = shown.unscaledValue().longValueExact();
        int missing = precision - shown.precision();
        return layOut(digits * TENS[missing], precision, shown.precision() - 1 - shown.scale(), to, at);
    }

    /** Writes digits (exactly {@code precision} of them, the first not 0) with the point behind place {@code exponent}. */
    private static int layOut(long digits, int precision, int exponent, byte[] to, int at) {
        int n = precision;
        while (digits % 10 == 0) {
            digits /= 10;
            n--;
        }
        if (exponent < -4 || exponent >= precision) {
            return scientific(digits, n, exponent, to, at);
        }
        if (exponent < 0) {
            to[at++] = '0';
            to[at++] = '.';
            for (int i = -1; i > exponent; i--) {
                to[at++] = '0';
            }
            putDigits(digits, n, to, at);
            return at + n;
        }
        if (n <= exponent + 1) {
            putDigits(digits, n, to, at);
            at += n;
            for (int i = n; i <= exponent; i++) {
                to[at++] = '0';
            }
            to[at++] = '.';
            to[at++] = '0';
            return at;
        }
        int behind = n - exponent - 1;
        putDigits(digits / TENS[behind], exponent + 1, to, at);
        at += exponent + 1;
        to[at++] = '.';
        putDigits(digits % TENS[behind], behind, to, at);
        return at + behind;
    }

    private static int scientific(long digits, int n, int exponent, byte[] to, int at) {
        putDigits(digits / TENS[n - 1], 1, to, at++);
        if (n > 1) {
            to[at++] = '.';
            putDigits(digits % TENS[n - 1], n - 1, to, at);
            at += n - 1;
        }
        to[at++] = 'e';
        to[at++] = (byte) (exponent < 0 ? '-' : '+');
        int e = Math.abs(exponent);
        int width = e < 100 ? 2 : 3;
        putDigits(e, width, to, at);
        return at + width;
    }

    private static void putDigits(long value, int count, byte[] to, int at) {
        long rest = value;
        for (int i = at + count - 1; i >= at; i--) {
            to[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }
}
