package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ServingException;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.internal.c_api.global.tensorflow;

/** TensorFlow's shared libraries: loaded once a process, on first need. */
final class NativeLibrary {

    private NativeLibrary() {}

    /**
     * Loads the libraries if they are not.
     *
     * @throws ServingException FAILED_PRECONDITION, saying where they were looked for
     */
    static void requireLoaded() {
        try {
            version();
        } catch (LinkageError e) {
            throw new ServingException(
                    dev.hearth.engine.error.ErrorCode.FAILED_PRECONDITION,
                    "TensorFlow's native libraries cannot be loaded from java.library.path="
                            + System.getProperty("java.library.path") + ": " + e.getMessage(),
                    e);
        }
    }

    /** TensorFlow's version, e.g. {@code 2.18.0}. */
    static String version() {
        BytePointer text = tensorflow.TF_Version();
        return text.getString();
    }
}
