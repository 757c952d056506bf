package dev.hearth.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.predict.ProfileStore.Entry;
import dev.hearth.engine.predict.RowFinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileFilesTest {

    private static final String KIND = "CPU:0 x float[2] -> y z";
    private static final Entry ENTRY =
            new Entry(new Measured(List.of(1, 4), List.of(12_345L, 23_456L), List.of(1.0, 1.0625)), RowFinding.ROWWISE);
    private static final Entry OTHER =
            new Entry(new Measured(List.of(1), List.of(7L), List.of(1.0)), RowFinding.DEPENDENT);

    @TempDir
    Path folder;

    @Test
    void whatIsKeptIsFoundByAnotherProcess() {
        new ProfileFiles(folder, 2).keep("abc", KIND, ENTRY);
        new ProfileFiles(folder, 2).keep("abc", "another", OTHER);

        ProfileFiles files = new ProfileFiles(folder, 2);
        assertThat(files.find("abc", KIND)).isEqualTo(ENTRY);
        assertThat(files.find("abc", "another")).isEqualTo(OTHER);
        assertThat(files.find("abc", "x")).isNull();
    }

    @Test
    void theMostRowsOfABatchAreKeptAndOlderFilesNeedNotHaveThem() throws IOException {
        Entry limited = new Entry(ENTRY.measured(), RowFinding.ROWWISE, 64);
        ProfileFiles files = new ProfileFiles(folder, 2);
        files.keep("abc", KIND, limited);
        assertThat(files.find("abc", KIND)).isEqualTo(limited);

        Path file;
        try (Stream<Path> all = Files.list(folder)) {
            file = all.findFirst().orElseThrow();
        }
        Files.writeString(file, Files.readString(file).replace("\t64\n", "\n"));
        assertThat(files.find("abc", KIND)).isEqualTo(ENTRY);
        Files.writeString(file, Files.readString(file).replace("\n", "\t0\n"));
        assertThat(files.find("abc", KIND)).isNull();
    }

    @Test
    void theLastTimesOfAKindReplaceTheOnesBefore() {
        ProfileFiles files = new ProfileFiles(folder, 2);
        files.keep("abc", KIND, ENTRY);
        files.keep("abc", KIND, OTHER);

        assertThat(files.find("abc", KIND)).isEqualTo(OTHER);
    }

    @Test
    void timesOfOtherContentOrAnotherMachineAreNotTaken() {
        new ProfileFiles(folder, 2).keep("abc", KIND, ENTRY);

        assertThat(new ProfileFiles(folder, 2).find("abd", KIND)).isNull();
        assertThat(new ProfileFiles(folder, 4).find("abc", KIND)).isNull();
    }

    @Test
    void unknownContentIsNeitherKeptNorFound() throws IOException {
        ProfileFiles files = new ProfileFiles(folder, 2);
        files.keep("", KIND, ENTRY);

        assertThat(files.find("", KIND)).isNull();
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aFileThatMakesNoSenseIsAsGoodAsNone() throws IOException {
        ProfileFiles files = new ProfileFiles(folder, 2);
        files.keep("abc", KIND, ENTRY);
        Path file;
        try (Stream<Path> all = Files.list(folder)) {
            file = all.findFirst().orElseThrow();
        }
        String good = Files.readString(file);
        for (String bad : List.of(
                "",
                KIND,
                KIND + "\t",
                good.replace("ROWWISE", "PERHAPS"),
                good.replace("12345", "-1"),
                good.replace("1.0625", "NaN"),
                good.replace("12345,", ""),
                "\u0000\u0001")) {
            Files.writeString(file, bad);
            assertThat(files.find("abc", KIND)).as(bad).isNull();
        }
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThat(files.find("abc", KIND)).as("not even text").isNull();

        files.keep("abc", KIND, ENTRY);
        assertThat(files.find("abc", KIND)).isEqualTo(ENTRY);
    }

    @Test
    void aFolderThatCannotBeWrittenKeepsNothingAndHurtsNobody() throws IOException {
        Path inTheWay = Files.writeString(folder.resolve("file"), "");
        ProfileFiles files = new ProfileFiles(inTheWay.resolve("profiles"), 2);

        files.keep("abc", KIND, ENTRY);

        assertThat(files.find("abc", KIND)).isNull();
    }

    @Test
    void nothingIsLeftBesideTheFiles() throws IOException {
        ProfileFiles files = new ProfileFiles(folder, 2);
        files.keep("abc", KIND, ENTRY);
        files.keep("abc", KIND, OTHER);

        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).hasSize(1);
        }
    }
}
