package dev.hearth.backend.tflite;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorflowlite.global.tensorflowlite;

/** TensorFlow Lite's shared library: loaded once a process, on first need. */
final class NativeLibrary {

    private NativeLibrary() {}

    /**
     * Loads the library if it is not.
     *
     * @throws ServingException FAILED_PRECONDITION, saying where it was looked for
     */
    static void requireLoaded() {
        try {
            version();
        } catch (LinkageError e) {
            throw new ServingException(
                    ErrorCode.FAILED_PRECONDITION,
                    "TensorFlow Lite's native library cannot be loaded from java.library.path="
                            + System.getProperty("java.library.path") + ": " + e.getMessage(),
                    e);
        }
    }

    /** TensorFlow Lite's version, e.g. {@code 2.18.0}. */
    static String version() {
        return text(tensorflowlite.TfLiteVersion());
    }

    static String text(BytePointer zeroTerminated) {
        return new String(zeroTerminated.getStringBytes(), StandardCharsets.UTF_8);
    }
}
