package dev.hearth.endpoints.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberTextTest {

    @ParameterizedTest
    @CsvSource({
        "9000000, 9e+06",
        "999999, 999999.0",
        "0.00003, 3e-05",
        "555557.5, 555557.5",
        "0.33333334, 0.333333343",
        "0, 0.0",
        "-0.0, -0.0",
        "1, 1.0",
        "-2.5, -2.5",
        "0.0001, 0.0001",
        "1234567, 1234567.0",
        "1e10, 1e+10",
        "16777216, 16777216.0",
        "0.2, 0.2",
        "3.4028235e38, 3.40282347e+38",
        "1.4e-45, 1.4013e-45",
        "1.17549435e-38, 1.17549435e-38",
        "NaN, NaN",
        "Infinity, Infinity",
        "-Infinity, -Infinity",
    })
    void printsFloatsAsTensorFlowServingDoes(float value, String text) {
        assertThat(print(value)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0.1, 0.1",
        "0.3333333333333333, 0.33333333333333331",
        "1e100, 1e+100",
        "1e23, 1e+23",
        "9007199254740993, 9007199254740992.0",
        "123456789.125, 123456789.125",
        "5e-324, 4.94066e-324",
        "1.7976931348623157e308, 1.7976931348623157e+308",
        "-1234567.5, -1234567.5",
    })
    void printsDoublesAsTensorFlowServingDoes(double value, String text) {
        assertThat(print(value)).isEqualTo(text);
    }

    @Test
    void agreesWithItsNaiveTwinOnFloats() {
        Random random = new Random(7);
        for (int i = 0; i < 40_000; i++) {
            float value =
                    switch (i & 3) {
                        case 0 -> Float.intBitsToFloat(random.nextInt());
                        case 1 -> random.nextFloat();
                        case 2 -> random.nextInt(2_000_000) / 2f;
                        default -> random.nextInt(100_000) / 1000f;
                    };
            if (!print(value).equals(naive(value))) {
                assertThat(print(value)).isEqualTo(naive(value));
            }
        }
    }

    @Test
    void agreesWithItsNaiveTwinOnDoubles() {
        Random random = new Random(8);
        for (int i = 0; i < 40_000; i++) {
            double value =
                    switch (i & 3) {
                        case 0 -> Double.longBitsToDouble(random.nextLong());
                        case 1 -> random.nextDouble();
                        case 2 -> random.nextInt() / 1024d;
                        default -> random.nextGaussian() * Math.pow(10, random.nextInt(60) - 30);
                    };
            if (!print(value).equals(naive(value))) {
                assertThat(print(value)).isEqualTo(naive(value));
            }
        }
    }

    @Test
    void printsIntegers() {
        long[] values = {0, 1, 9, 10, -1, 99, 100, Long.MAX_VALUE, Long.MIN_VALUE, 1_000_000_000_000_000_000L};
        for (long value : values) {
            ByteSink out = new ByteSink(1);
            NumberText.write(value, out);
            assertThat(text(out)).isEqualTo(Long.toString(value));
        }
        ByteSink out = new ByteSink(1);
        NumberText.writeUnsigned(-1, out);
        assertThat(text(out)).isEqualTo("18446744073709551615");
    }

    private static String print(float value) {
        ByteSink out = new ByteSink(1);
        NumberText.write(value, out);
        return text(out);
    }

    private static String print(double value) {
        ByteSink out = new ByteSink(1);
        NumberText.write(value, out);
        return text(out);
    }

    static String text(ByteSink out) {
        return new String(out.array(), 0, out.length(), StandardCharsets.UTF_8);
    }

    private static String naive(float value) {
        if (!Float.isFinite(value)) {
            return Float.toString(value);
        }
        String six = percentG(value, 6);
        return withPoint(Float.parseFloat(six) == value ? six : percentG(value, 9));
    }

    private static String naive(double value) {
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        String six = percentG(value, 6);
        return withPoint(Double.parseDouble(six) == value ? six : percentG(value, 17));
    }

    private static String withPoint(String text) {
        return text.contains(".") || text.contains("e") ? text : text + ".0";
    }

    /** C's {@code %.*g}, by the book. */
    private static String percentG(double value, int precision) {
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        BigDecimal rounded = new BigDecimal(value)
                .round(new MathContext(precision, RoundingMode.HALF_EVEN))
                .stripTrailingZeros();
        int exponent = rounded.precision() - 1 - rounded.scale();
        if (exponent >= -4 && exponent < precision) {
            return rounded.toPlainString();
        }
        String digits = rounded.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return (value < 0 ? "-" : "")
                + mantissa
                + String.format("e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
}
