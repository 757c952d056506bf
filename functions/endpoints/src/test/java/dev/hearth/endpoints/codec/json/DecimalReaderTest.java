package dev.hearth.endpoints.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DecimalReaderTest {

    @Test
    void readsEveryLiteralAsTheJdkDoes() {
        Random random = new Random(42);
        for (int i = 0; i < 60_000; i++) {
            check(
                    switch (i % 6) {
                        case 0 -> Double.toString(random.nextDouble());
                        case 1 -> Float.toString(Float.intBitsToFloat(random.nextInt() & 0x7F7FFFFF));
                        case 2 -> Double.toString((double) random.nextFloat());
                        case 3 -> Double.toString(Math.abs(Double.longBitsToDouble(random.nextLong() & ~(1L << 62))));
                        case 4 -> Long.toUnsignedString(random.nextLong()) + "e" + (random.nextInt(160) - 80);
                        default -> random.nextInt(1000) + "." + Math.abs(random.nextLong()) + random.nextInt(1000);
                    });
        }
    }

    @Test
    void readsLiteralsHalfWayBetweenTwoDoubles() {
        Random random = new Random(43);
        for (int i = 0; i < 20_000; i++) {
            double low = Math.abs(random.nextGaussian()) * Math.pow(2, random.nextInt(80) - 20);
            BigDecimal half =
                    new BigDecimal(low).add(new BigDecimal(Math.nextUp(low))).divide(BigDecimal.valueOf(2));
            check(half.toPlainString());
            check(half.toString());
        }
    }

    @Test
    void readsEdges() {
        List.of(
                        "0",
                        "0.0",
                        "0e5",
                        "0.000e-10",
                        "1e-400",
                        "4.9e-324",
                        "2.4703282292062328e-324",
                        "2.2250738585072011e-308",
                        "1.7976931348623157e308",
                        "9007199254740993",
                        "18446744073709551615",
                        "18446744073709551616",
                        "9999999999999999999",
                        "1e22",
                        "1e23",
                        "0.00000000000000000000000000000000000000000000000012345678901234567",
                        "123456789012345678901234567890.5",
                        "1E+2",
                        "5e-1")
                .forEach(DecimalReaderTest::check);
    }

    @Test
    void keepsTheSignOfZeroOnlyWhereThereIsAFraction() {
        assertThat(1 / read("-0.0")).isNegative();
        assertThat(1 / read("-0e0")).isNegative();
        assertThat(1 / read("-0")).isPositive();
    }

    private static void check(String literal) {
        if (literal.contains("Infinity") || literal.contains("NaN")) {
            return;
        }
        double expected = Double.parseDouble(literal);
        if (read(literal) != expected || read("-" + literal) != -expected) {
            assertThat(read(literal)).as(literal).isEqualTo(expected);
            assertThat(read("-" + literal)).as(literal).isEqualTo(-expected);
        }
    }

    private static double read(String literal) {
        JsonText text = JsonText.copyOf(literal.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        new JsonScanner(text).skipValue();
        JsonCursor cursor = new JsonCursor(text.bytes(), 0);
        double value = cursor.readDouble();
        if (cursor.pos != literal.length()) {
            throw new AssertionError(literal + " read up to " + cursor.pos);
        }
        return value;
    }
}
