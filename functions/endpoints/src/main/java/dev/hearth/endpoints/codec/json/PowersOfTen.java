package dev.hearth.endpoints.codec.json;

import java.math.BigInteger;

/**
 * Powers of ten for exact conversion between decimal text and binary numbers: as doubles, and as 128-bit significands
 * cut (never rounded up), the form that Lemire's "Number Parsing at a Gigabyte per Second" needs. Exponents beyond the
 * table are rare in model data and go to the JDK.
 */
final class PowersOfTen {

    static final int MIN = -64;
    static final int MAX = 64;
    /** Up to this exponent 128 bits hold the power exactly. */
    static final int EXACT = 55;

    private static final double[] DOUBLES = new double[MAX - MIN + 1];
    private static final long[] HIGH = new long[MAX - MIN + 1];
    private static final long[] LOW = new long[MAX - MIN + 1];

    static {
        for (int q = MIN; q <= MAX; q++) {
            BigInteger five = BigInteger.valueOf(5).pow(Math.abs(q));
            BigInteger significand;
            if (q >= 0) {
                significand = five.shiftLeft(256).shiftRight(128 + five.bitLength());
            } else {
                significand = BigInteger.ONE.shiftLeft(127 + five.bitLength()).divide(five);
                significand = significand.shiftRight(significand.bitLength() - 128);
            }
            HIGH[q - MIN] = significand.shiftRight(64).longValue();
            LOW[q - MIN] = significand.longValue();
            DOUBLES[q - MIN] = Double.parseDouble("1e" + q);
        }
    }

    private PowersOfTen() {}

    static boolean covers(int exponent) {
        return exponent >= MIN && exponent <= MAX;
    }

    /** The double nearest to the power; exact from 0 to 22. */
    static double asDouble(int exponent) {
        return DOUBLES[exponent - MIN];
    }

    /** Upper half of the significand; its top bit is set. */
    static long high(int exponent) {
        return HIGH[exponent - MIN];
    }

    static long low(int exponent) {
        return LOW[exponent - MIN];
    }

    /** Floor of the binary logarithm of the power. */
    static int log2(int exponent) {
        return (exponent * 217706) >> 16;
    }

    /** Upper 64 bits of the unsigned product. */
    static long multiplyHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
    }
}
