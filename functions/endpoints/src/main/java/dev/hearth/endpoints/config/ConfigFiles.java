package dev.hearth.endpoints.config;

import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.config.ConfigFormatException;
import java.io.IOException;
import java.nio.file.Path;

/** Reading the text files that configuration names, with errors that tell which file and where. */
public final class ConfigFiles {

    private ConfigFiles() {}

    /** One of the readers of {@code TextConfig}. */
    @FunctionalInterface
    public interface Reader<T> {
        T read(Path file) throws IOException, ConfigFormatException;
    }

    /**
     * @param what what the file is, for the error
     * @throws ServingException INVALID_ARGUMENT with file, line and column, or NOT_FOUND
     */
    public static <T> T read(String what, String file, Reader<T> reader) {
        try {
            return reader.read(Path.of(file));
        } catch (ConfigFormatException e) {
            throw ServingException.invalidArgument(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw ServingException.notFound("Cannot read the " + what + " " + file + ": " + e);
        }
    }
}
