package dev.hearth.endpoints.codec.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.ByteOrder;

/**
 * Numbers as TensorFlow Serving prints them in JSON: six significant digits where these read back as the same value,
 * else nine for a float and seventeen for a double; no trailing zeros but {@code .0} for whole numbers; an exponent as
 * C's {@code %g} has it ({@code 9e+06}, {@code 3e-05}); {@code NaN}, {@code Infinity}, {@code -Infinity} unquoted.
 *
 * <p>Digits come from floating-point or 128-bit products where these decide the rounding, from {@link BigDecimal}
 * where they do not. Stateless.
 */
final class NumberText {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ASCII = 0x3030303030303030L;
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
        if (v < TENS[6] && v == (int) v) {
            out.setLength(whole((int) v, to, at));
            return;
        }
        int exponent = exponentOf(v);
        long nine = rounded(v, exponent, 9);
        long digits = -1;
        if (nine >= 0 && v >= Float.MIN_NORMAL) {
            int all = (int) nine;
            int lastThree = all % 1000;
            if (isFarFromSixDigits(lastThree)) {
                out.setLength(layOut(all, 9, exponent, to, at));
                return;
            }
            int sixDigits = all / 1000;
            digits = lastThree > 500 ? sixDigits + 1L : sixDigits;
        } else if (nine >= 0) {
            digits = rounded(v, exponent, 6);
        }
        if (digits >= 0) {
            int shown = exponent + (digits >= TENS[6] ? 1 : 0);
            long six = digits >= TENS[6] ? TENS[5] : digits;
            if (readsBackAsFloat(six, shown - 5, (float) v)) {
                out.setLength(layOut((int) six * 1000, 6, shown, to, at));
                return;
            }
            shown = exponent + (nine >= TENS[9] ? 1 : 0);
            out.setLength(layOut((int) (nine >= TENS[9] ? TENS[8] : nine), 9, shown, to, at));
            return;
        }
        out.setLength(slowly(v, (float) v, 9, to, at));
    }

    /**
     * Whether no decimal of six digits can read back as the float whose nine digits end in these three: a float's
     * neighbours are at most 1.2e-7 away, so a value more than 60 units of the ninth digit off belongs to another float.
     */
    private static boolean isFarFromSixDigits(int lastThree) {
        return lastThree > 70 && lastThree < 930;
    }

    private static int whole(int value, byte[] to, int at) {
        int n = 1;
        while (value >= TENS[n]) {
            n++;
        }
        putDigits(value, n, to, at);
        to[at + n] = '.';
        to[at + n + 1] = '0';
        return at + n + 2;
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
            long six = rounded(v, exponent, 6);
            int shown = exponent + (six >= TENS[6] ? 1 : 0);
            six = six >= TENS[6] ? TENS[5] : six;
            if (six >= 0 && DecimalReader.nearest(six, shown - 5) == v) {
                out.setLength(layOut((int) six * 1000, 6, shown, to, at));
                return;
            }
            long all = six < 0 ? -1 : seventeen(v, exponent);
            if (all >= 0) {
                shown = exponent + (all >= TENS[17] ? 1 : 0);
                out.setLength(layOut(all >= TENS[17] ? TENS[16] : all, 17, shown, to, at));
                return;
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

    /**
     * Writes nine digits, the first not 0, without the zeros at their end, with the point behind place {@code exponent};
     * what is shown without an exponent depends on the precision asked for. Eight digits at a time, since this is where
     * the time of writing goes.
     */
    private static int layOut(int digits, int precision, int exponent, byte[] to, int at) {
        int first = digits / 100_000_000;
        long rest = eightDigits(digits - first * 100_000_000);
        int shown = 9 - (Long.numberOfLeadingZeros(rest) >>> 3);
        rest |= ASCII;
        first |= '0';
        if (exponent < -4 || exponent >= precision) {
            to[at] = (byte) first;
            to[at + 1] = '.';
            LONGS.set(to, at + 2, rest);
            return exponent(exponent, to, shown == 1 ? at + 1 : at + 1 + shown);
        }
        if (exponent < 0) {
            // "0.000", of which the digits cover what is too much.
            LONGS.set(to, at, ASCII ^ ('0' ^ '.') << 8);
            int begin = at + 1 - exponent;
            to[begin] = (byte) first;
            LONGS.set(to, begin + 1, rest);
            return begin + shown;
        }
        int before = exponent + 1;
        to[at] = (byte) first;
        LONGS.set(to, at + 1, rest);
        if (shown > before) {
            LONGS.set(to, at + before + 1, rest >>> (8 * exponent));
            to[at + before] = '.';
            return at + shown + 1;
        }
        to[at + before] = '.';
        to[at + before + 1] = '0';
        return at + before + 2;
    }

    /** The digits of a number below 10^8 as values of bytes, the first in the lowest byte. */
    private static long eightDigits(int value) {
        int high = value / 10_000;
        // In lanes of 32 bits four digits each, then of 16 bits two, then of 8 bits one; the products divide by 100, by
        // 10.
        long fours = high | (long) (value - high * 10_000) << 32;
        long hundreds = (fours * 10_486 >>> 20) & 0x0000007F_0000007FL;
        long twos = hundreds | fours - 100 * hundreds << 16;
        long tens = (twos * 103 >>> 10) & 0x000F000F_000F000FL;
        return tens | twos - 10 * tens << 8;
    }

    /** Writes digits (exactly {@code precision} of them, the first not 0) with the point behind place {@code exponent}. */
    private static int layOut(long digits, int precision, int exponent, byte[] to, int at) {
        boolean plain = exponent >= -4 && exponent < precision;
        int end = at;
        if (plain && exponent < 0) {
            to[end++] = '0';
            to[end++] = '.';
            for (int i = -1; i > exponent; i--) {
                to[end++] = '0';
            }
        }
        // One place is left free for the point, which the digits before it make room for.
        int before = plain ? Math.max(exponent + 1, 0) : 1;
        int first = before == 0 ? end : end + 1;
        putDigits(digits, precision, to, first);
        int last = first + precision;
        while (to[last - 1] == '0') {
            last--;
        }
        if (before == 0) {
            return last;
        }
        for (int i = 0; i < before; i++) {
            to[end + i] = to[first + i];
        }
        to[end + before] = '.';
        if (!plain) {
            return exponent(exponent, to, last == first + 1 ? first : last);
        }
        if (last <= first + before) {
            to[end + before + 1] = '0';
            return end + before + 2;
        }
        return last;
    }

    private static int exponent(int exponent, byte[] to, int at) {
        to[at] = 'e';
        to[at + 1] = (byte) (exponent < 0 ? '-' : '+');
        int e = Math.abs(exponent);
        int width = e < 100 ? 2 : 3;
        putDigits(e, width, to, at + 2);
        return at + 2 + width;
    }

    private static void putDigits(long value, int count, byte[] to, int at) {
        long rest = value;
        int i = at + count;
        while (i - at >= 8) {
            i -= 8;
            long next = rest / 100_000_000;
            LONGS.set(to, i, eightDigits((int) (rest - next * 100_000_000)) | ASCII);
            rest = next;
        }
        int small = (int) rest;
        while (i > at) {
            int next = small / 10;
            to[--i] = (byte) ('0' + small - 10 * next);
            small = next;
        }
    }
}
