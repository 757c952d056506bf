package dev.hearth.backend.tensorflow;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetCode;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Message;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewStatus;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.internal.c_api.TF_Status;

/** Where a call into the runtime says how it went; may be used again for the next call. Not thread-safe. */
final class Status implements AutoCloseable {

    private final TF_Status status = TF_NewStatus();

    TF_Status handle() {
        return status;
    }

    /**
     * TensorFlow's codes are gRPC's, so code and text are passed on.
     *
     * @throws ServingException unless the last call went well
     */
    void check() {
        int code = TF_GetCode(status);
        if (code != 0) {
            BytePointer message = TF_Message(status);
            throw new ServingException(
                    ErrorCode.ofNumber(code), new String(message.getStringBytes(), StandardCharsets.UTF_8));
        }
    }

    @Override
    public void close() {
        TF_DeleteStatus(status);
    }
}
