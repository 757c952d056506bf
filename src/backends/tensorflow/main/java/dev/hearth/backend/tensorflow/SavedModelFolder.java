package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ServingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What can be said of a version folder without TensorFlow. */
record SavedModelFolder(Path path) {

    static final String BINARY = "saved_model.pb";
    static final String TEXT = "saved_model.pbtxt";
    private static final String SESSION_BUNDLE = "export.meta";

    /**
     * Fails as TensorFlow Serving does when the folder holds no SavedModel.
     *
     * @throws ServingException NOT_FOUND, or UNIMPLEMENTED for the format before SavedModel
     */
    void requireSavedModel() {
        if (Files.exists(path.resolve(BINARY)) || Files.exists(path.resolve(TEXT))) {
            return;
        }
        if (Files.exists(path.resolve(SESSION_BUNDLE))) {
            throw ServingException.unimplemented("Session Bundle is deprecated and removed. " + path);
        }
        throw ServingException.notFound("Specified file path does not appear to contain a SavedModel bundle (should"
                + " have a file called `saved_model.pb`)\nSpecified file path: " + path);
    }

    boolean isBinary() {
        return Files.exists(path.resolve(BINARY));
    }

    /** Bytes of the graph and the variables; 0 when the folder cannot be read. Assets are not held in memory as such. */
    long modelBytes() {
        return bytes(path.resolve(BINARY)) + bytes(path.resolve(TEXT)) + bytes(path.resolve("variables"));
    }

    /** Bytes of all files; 0 when the folder cannot be read. */
    long allBytes() {
        return bytes(path);
    }

    private static long bytes(Path root) {
        if (!Files.exists(root)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(SavedModelFolder::size)
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }
}
