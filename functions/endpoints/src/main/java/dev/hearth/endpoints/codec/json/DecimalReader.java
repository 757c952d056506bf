package dev.hearth.endpoints.codec.json;

import java.nio.charset.StandardCharsets;

/**
 * From decimal text to the nearest double, ties to even; always the result of {@link Double#parseDouble}, mostly much
 * faster. Stateless.
 */
final class DecimalReader {

    private static final long EXACT_LIMIT = 1L << 53;

    /** All that fit 64 bits. */
    private static final long[] FIVES = new long[28];

    static {
        FIVES[0] = 1;
        for (int i = 1; i < FIVES.length; i++) {
            FIVES[i] = 5 * FIVES[i - 1];
        }
    }

    private DecimalReader() {}

    /** {@code significand * 10^exponent} for an unsigned significand; NaN where the fast ways cannot decide. */
    static double nearest(long significand, int exponent) {
        if (significand == 0) {
            return 0;
        }
        if (significand > 0) {
            if (exponent == 0) {
                return (double) significand;
            }
            // Both numbers are exact doubles, so the one operation rounds correctly (Clinger).
            if (significand <= EXACT_LIMIT && exponent >= -22 && exponent <= 22) {
                return exponent < 0
                        ? (double) significand / PowersOfTen.asDouble(-exponent)
                        : (double) significand * PowersOfTen.asDouble(exponent);
            }
        }
        if (!PowersOfTen.covers(exponent)) {
            return Double.NaN;
        }
        double value = byWideProduct(significand, exponent);
        return value == value ? value : byDivision(significand, exponent);
    }

    /**
     * The one case where the cut power often cannot decide: a decimal that a double tells exactly, such as a float
     * printed with all its digits. NaN where that is not so.
     */
    private static double byDivision(long significand, int exponent) {
        if (exponent >= 0 || exponent < -27) {
            return Double.NaN;
        }
        long five = FIVES[-exponent];
        long quotient = Long.divideUnsigned(significand, five);
        return quotient * five == significand ? Math.scalb((double) quotient, exponent) : Double.NaN;
    }

    /** The significand times a 128-bit power of ten, rounded once; NaN when the cut power might change the rounding. */
    private static double byWideProduct(long significand, int exponent) {
        int shift = Long.numberOfLeadingZeros(significand);
        long w = significand << shift;
        long powerHigh = PowersOfTen.high(exponent);
        long high = PowersOfTen.multiplyHigh(w, powerHigh);
        long low = w * powerHigh;
        if ((high & 0x1FF) == 0x1FF && Long.compareUnsigned(low + w, w) < 0) {
            long powerLow = PowersOfTen.low(exponent);
            long moreHigh = PowersOfTen.multiplyHigh(w, powerLow);
            long moreLow = w * powerLow;
            long sum = low + moreHigh;
            if (Long.compareUnsigned(sum, low) < 0) {
                high++;
            }
            low = sum;
            if ((high & 0x1FF) == 0x1FF && low == -1 && Long.compareUnsigned(moreLow + w, w) < 0) {
                return Double.NaN;
            }
        }
        int topBit = (int) (high >>> 63);
        long mantissa = high >>> (topBit + 9);
        if (low == 0 && (high & 0x1FF) == 0 && (mantissa & 3) == 1) {
            return Double.NaN;
        }
        mantissa += mantissa & 1;
        mantissa >>>= 1;
        // With the table's exponents the result is always a normal double.
        int binaryExponent = PowersOfTen.log2(exponent) + 63 - shift + topBit;
        if (mantissa >>> 53 != 0) {
            mantissa >>>= 1;
            binaryExponent++;
        }
        return Double.longBitsToDouble(((long) (binaryExponent + 1023) << 52) | (mantissa & (EXACT_LIMIT / 2 - 1)));
    }

    /** The JDK's answer for the literal between the two indices. */
    static double slowly(byte[] text, int from, int to) {
        return Double.parseDouble(new String(text, from, to - from, StandardCharsets.ISO_8859_1));
    }
}
