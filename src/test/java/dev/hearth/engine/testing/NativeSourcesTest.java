package dev.hearth.engine.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With jars made here, one of which has a class with a native method. */
final class NativeSourcesTest {

    private static final String FILES = "META-INF/native-image/dev.hearth/backend/";
    private static final String HOLDER = Holder.class.getName();

    @TempDir
    private Path folder;

    @Test
    void findsNothingWrongWhereHoldersAreNamedAndInitialisedAtRunTime() throws IOException {
        build(
                "--initialize-at-run-time=dev.hearth.engine.testing,org.other",
                "{\"type\": \"" + HOLDER + "\"}",
                "a.txt");

        assertThat(complaints()).isEmpty();
    }

    @Test
    void complainsOfHolderThatWouldBeInitialisedByTheBuild() throws IOException {
        build("--initialize-at-run-time=org.other", "{\"type\": \"" + HOLDER + "\"}", "a.txt");

        assertThat(complaints()).containsExactly(HOLDER + " would be initialised while the image is built");
    }

    @Test
    void complainsOfMetadataForClassesThatAreGoneAndOfNewOnesWithout() throws IOException {
        build("--initialize-at-run-time=dev.hearth", "{\"type\": \"org.bytedeco.Gone\"}", "a.txt");

        assertThat(complaints())
                .containsExactly(
                        HOLDER + " is not in the metadata", "org.bytedeco.Gone is in the metadata and in no jar");
    }

    @Test
    void complainsOfLibrariesThatWouldGoIntoTheExecutable() throws IOException {
        build("--initialize-at-run-time=dev.hearth", "{\"type\": \"" + HOLDER + "\"}", "libtensorflow_cc.so.2");

        assertThat(complaints())
                .containsExactly("presets.jar holds shared libraries; they lie beside the executable instead");
    }

    private List<String> complaints() throws IOException {
        return NativeSources.read(folder).complaints();
    }

    private void build(String arguments, String metadata, String library) throws IOException {
        Path lib = Files.createDirectories(folder.resolve("lib"));
        Files.writeString(folder.resolve("native-image.args"), "name -jar app.jar");
        String file = Holder.class.getName().replace('.', '/') + ".class";
        byte[] holder;
        try (var in = Holder.class.getResourceAsStream("/" + file)) {
            holder = in.readAllBytes();
        }
        jar(lib.resolve("presets.jar"), Map.of(file, holder, "org/bytedeco/" + library, new byte[1]));
        jar(
                lib.resolve("backend.jar"),
                Map.of(
                        FILES + "native-image.properties",
                                ("Args = " + arguments + "\n").getBytes(StandardCharsets.UTF_8),
                        FILES + "reachability-metadata.json", metadata.getBytes(StandardCharsets.UTF_8)));
    }

    private static void jar(Path file, Map<String, byte[]> entries) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out)) {
            for (var entry : entries.entrySet()) {
                jar.putNextEntry(new JarEntry(entry.getKey()));
                jar.write(entry.getValue());
            }
        }
    }

    private static final class Holder {
        @SuppressWarnings("unused")
        private static native void call();
    }
}
