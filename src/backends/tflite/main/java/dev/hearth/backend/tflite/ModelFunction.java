package dev.hearth.backend.tflite;

import dev.hearth.engine.error.ServingException;
import java.util.List;
import org.bytedeco.tensorflowlite.TfLiteTensor;

/**
 * A function of a model on one interpreter: one of its signatures, or its whole first graph. Not thread-safe. Tensors
 * may move when memory is allocated anew, so they are asked for after that.
 */
interface ModelFunction extends AutoCloseable {

    /** TensorFlow Lite's {@code kTfLiteOk}. */
    int OK = 0;

    /** Aliases of the inputs, in the model's order. */
    List<String> inputs();

    /** Aliases of the outputs, in the model's order. */
    List<String> outputs();

    TfLiteTensor input(int index);

    TfLiteTensor output(int index);

    /** The three steps of a run; each gives a {@code TfLiteStatus}. */
    int resizeInput(int index, int[] dims);

    int allocate();

    int invoke();

    /** Fails with INVALID_ARGUMENT unless the step went well: bad shapes and values show up in any of them. */
    static void check(int status, String what) {
        if (status != OK) {
            throw ServingException.invalidArgument(what + " (TensorFlow Lite status " + status + ")");
        }
    }

    @Override
    void close();
}
