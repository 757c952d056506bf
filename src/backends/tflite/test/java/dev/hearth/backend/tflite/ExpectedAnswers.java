package dev.hearth.backend.tflite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.regex.Pattern;

/** The numbers in a file of {@code expected/}: an object of flat arrays. */
final class ExpectedAnswers {

    private final String json;

    private ExpectedAnswers(String json) {
        this.json = json;
    }

    static ExpectedAnswers of(String model) {
        try {
            return new ExpectedAnswers(Files.readString(Fixtures.fixture(model)
                    .resolve("../../../expected/" + model + ".json")
                    .normalize()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String[] numbers(String name) {
        var array = Pattern.compile("\"" + name + "\": \\[([^\\]]*)\\]").matcher(json);
        if (!array.find()) {
            throw new AssertionError("no " + name);
        }
        return array.group(1).split(", ");
    }

    float[] floats(String name) {
        String[] numbers = numbers(name);
        float[] values = new float[numbers.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.parseFloat(numbers[i]);
        }
        return values;
    }

    long[] longs(String name) {
        return java.util.Arrays.stream(numbers(name)).mapToLong(Long::parseLong).toArray();
    }

    /** Signed or unsigned ones. */
    byte[] bytes(String name) {
        long[] longs = longs(name);
        byte[] values = new byte[longs.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) longs[i];
        }
        return values;
    }
}
