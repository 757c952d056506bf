package dev.hearth.endpoints.openinference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Regions of shared memory: what may be registered, read and written. */
class SharedMemoryTest {

    @TempDir
    Path root;

    private Path folder;
    private SharedMemory memory;

    @BeforeEach
    void make() throws IOException {
        folder = Files.createDirectory(root.resolve("shm"));
        Files.write(folder.resolve("data"), new byte[] {0, 1, 2, 3, 4, 5, 6, 7});
        Files.write(root.resolve("secret"), new byte[8]);
        memory = new SharedMemory(true, folder);
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    @Test
    void readsAndWritesWithinTheRegion() throws IOException {
        memory.register("r", "/data", 2, 4);
        assertThat(bytes(memory.read("input 'x'", new RegionSlice("r", 1, 3)))).containsExactly(3, 4, 5);
        memory.write("output 'y'", new RegionSlice("r", 2, 2), ByteBuffer.wrap(new byte[] {9, 8}));
        assertThat(Files.readAllBytes(folder.resolve("data"))).containsExactly(0, 1, 2, 3, 9, 8, 6, 7);
        assertThat(memory.status("").keySet()).containsExactly("r");
        memory.unregister("r");
        assertThat(memory.status("")).isEmpty();
    }

    @Test
    void readsWhatIsLongerThanAPiece() throws IOException {
        byte[] large = new byte[(1 << 20) + 7];
        new java.util.Random(1).nextBytes(large);
        Files.write(folder.resolve("large"), large);
        memory.register("l", "large", 0, large.length);
        assertThat(bytes(memory.read("x", new RegionSlice("l", 0, large.length))))
                .isEqualTo(large);
        memory.write("y", new RegionSlice("l", 7, 1 << 20), ByteBuffer.wrap(large, 0, 1 << 20));
        assertThat(bytes(memory.read("x", new RegionSlice("l", 7, 5))))
                .containsExactly(large[0], large[1], large[2], large[3], large[4]);
    }

    @ParameterizedTest
    @CsvSource({"0,9", "8,1", "9,0", "-1,2", "0,0", "0,-1", "9223372036854775807,9223372036854775807"})
    void regionsMustLieWithinTheFile(long offset, long size) {
        assertThatThrownBy(() -> memory.register("r", "data", offset, size))
                .hasMessageContaining("'r'")
                .hasMessageContaining("does not lie within the 8 bytes");
    }

    @ParameterizedTest
    @CsvSource({"0,5", "4,1", "5,0", "9223372036854775807,1", "1,9223372036854775807"})
    void tensorsMustLieWithinTheRegion(long offset, long size) {
        memory.register("r", "data", 2, 4);
        assertThatThrownBy(() -> memory.read("input 'x'", new RegionSlice("r", offset, size)))
                .hasMessageContaining("input 'x'")
                .hasMessageContaining("within its 4 bytes");
        assertThatThrownBy(() -> memory.write("output 'y'", new RegionSlice("r", offset, size), ByteBuffer.allocate(1)))
                .hasMessageContaining("output 'y'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../secret", "/../secret", "..", ".", "", "/", "a/b", "//secret", "data\u0000", "..\\secret"})
    void namesNeverLeaveTheFolder(String key) {
        assertThatThrownBy(() -> memory.register("r", key, 0, 1))
                .hasMessageContaining("no name of a shared memory object");
    }

    @Test
    void linksFoldersAndWhatIsMissingAreRefused() throws IOException {
        Files.createSymbolicLink(folder.resolve("link"), root.resolve("secret"));
        Files.createDirectory(folder.resolve("sub"));
        for (String key : new String[] {"link", "sub", "missing"}) {
            assertThatThrownBy(() -> memory.register("r", key, 0, 1)).hasMessageContaining("unable to open");
        }
    }

    @Test
    void aFileThatHasBecomeShorterIsAnError() throws IOException {
        memory.register("r", "data", 0, 8);
        try (RandomAccessFile file = new RandomAccessFile(folder.resolve("data").toFile(), "rw")) {
            file.setLength(4);
        }
        assertThatThrownBy(() -> memory.read("input 'x'", new RegionSlice("r", 0, 8)))
                .hasMessageContaining("has become shorter");
    }

    @Test
    void outputsMustFit() {
        memory.register("r", "data", 0, 8);
        assertThatThrownBy(() -> memory.write("output 'y'", new RegionSlice("r", 0, 4), ByteBuffer.allocate(5)))
                .hasMessageContaining("output 'y'")
                .hasMessageContaining("should be at least 5 bytes");
    }

    @Test
    void namesAreTakenOnce() {
        memory.register("r", "data", 0, 8);
        assertThatThrownBy(() -> memory.register("r", "data", 0, 4))
                .isInstanceOfSatisfying(ServingException.class, error -> assertThat(error.code())
                        .isEqualTo(ErrorCode.ALREADY_EXISTS));
        assertThat(memory.status("r").get("r"))
                .satisfies(region -> assertThat(region.byteSize()).isEqualTo(8));
        memory.unregister("");
        assertThatThrownBy(() -> memory.status("r")).hasMessageContaining("'r'");
        assertThatThrownBy(() -> memory.read("input 'x'", new RegionSlice("r", 0, 1)))
                .hasMessageContaining("Unable to find shared memory region: 'r' of input 'x'");
    }

    @Test
    void isRefusedWhereItIsOff() {
        try (SharedMemory off = new SharedMemory(false, folder)) {
            assertThatThrownBy(() -> off.register("r", "data", 0, 1))
                    .isInstanceOfSatisfying(ServingException.class, error -> assertThat(error.code())
                            .isEqualTo(ErrorCode.UNIMPLEMENTED));
            assertThatThrownBy(() -> off.read("x", new RegionSlice("r", 0, 1))).hasMessageContaining("is off");
        }
    }
}
