package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Call;
import dev.hearth.loadtests.drive.Calls;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.Protocol;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A model that is driven, and how its rows look.
 *
 * @param folder of its versions, from the root of the repository
 * @param version the one that is served
 * @param rowDims dimensions of one row
 * @param largest values of a row lie between 0 and this
 * @param rowsEach rows of one request
 */
public record Subject(
        String name,
        String folder,
        int version,
        String signature,
        String input,
        List<Integer> rowDims,
        double largest,
        int rowsEach) {

    public static final Subject DIGITS =
            new Subject("digits", "config/models/digits", 2, "serving_default", "images", List.of(8, 8, 1), 16, 1);
    public static final Subject TRIVIAL =
            new Subject("half_plus_two", "config/models/half_plus_two", 1, "", "x", List.of(), 10, 1);
    public static final Subject DENSE =
            new Subject("dense", "loadtests/models/dense", 1, "serving_default", "x", List.of(256), 1, 1);
    public static final Subject HEAVY =
            new Subject("heavy", "loadtests/models/heavy", 1, "serving_default", "x", List.of(256), 1, 1);
    /** About 10 ms a row, whatever the batch. */
    public static final Subject SLOW =
            new Subject("slow", "loadtests/models/slow", 1, "serving_default", "x", List.of(256), 1, 1);
    /** A row below zero fails the run it is in, of whatever batch (a fixture of the TensorFlow backend). */
    public static final Subject PICKY = new Subject(
            "failing", "src/backends/tensorflow/test/resources/models/failing", 1, "check", "x", List.of(), 1, 1);

    private static final int DIFFERENT_ROWS = 32;

    /** A model that does next to nothing with requests of this one's size. */
    Subject doingNothing() {
        return new Subject(
                TRIVIAL.name(),
                TRIVIAL.folder(),
                TRIVIAL.version(),
                TRIVIAL.signature(),
                TRIVIAL.input(),
                rowDims,
                largest,
                rowsEach);
    }

    /** The same model, asked for more rows at a time. */
    Subject withRows(int rows) {
        return new Subject(name, folder, version, signature, input, rowDims, largest, rows);
    }

    /** Name, the size of a row where it is not the model's own, and the rows of a request where there are several. */
    @Override
    public String toString() {
        return (name.equals(TRIVIAL.name()) && !rowDims.isEmpty() ? name + " " + rowDims : name)
                + (rowsEach == 1 ? "" : " with " + rowsEach + " rows");
    }

    /** Calls of {@code rowsEach} rows, different from one another. */
    Mix rows(Protocol protocol) {
        return Mix.of(calls(protocol));
    }

    List<Call> calls(Protocol protocol) {
        return IntStream.range(0, DIFFERENT_ROWS)
                .mapToObj(seed -> call(protocol, values(rowsEach, seed), rowsEach))
                .toList();
    }

    Call call(Protocol protocol, float[] values, int rows) {
        return Calls.predict(protocol, name, signature, input, dims(rows), values);
    }

    Call echo(Protocol protocol) {
        return Calls.echo(protocol, name, signature, input, dims(1), values(1, 0));
    }

    float[] values(int rows, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values =
                new float[rows * rowDims.stream().mapToInt(size -> size).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            // Two decimals, as JSON of measured values has them.
            values[i] = Math.round(random.nextDouble() * largest * 100) / 100f;
        }
        return values;
    }

    int[] dims(int rows) {
        int[] dims = new int[rowDims.size() + 1];
        Arrays.setAll(dims, i -> i == 0 ? rows : rowDims.get(i - 1));
        return dims;
    }

    String dimsText() {
        return String.join(",", rowDims.stream().map(String::valueOf).toList());
    }
}
