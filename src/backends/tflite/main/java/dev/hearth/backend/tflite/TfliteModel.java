package dev.hearth.backend.tflite;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteModelCreate;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteModelDelete;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorflowlite.TfLiteModel;

/**
 * A verified model in memory of its own. Counts its users, since interpreters read from that memory until they are gone:
 * freed when the last one releases it.
 *
 * <p>The file is copied, not mapped: whoever overwrites a mapped file would end this process.
 */
final class TfliteModel {

    private final BytePointer bytes;
    private final TfLiteModel handle;
    private final ModelFile file;
    private final String origin;
    private final AtomicInteger users = new AtomicInteger(1);

    private TfliteModel(BytePointer bytes, TfLiteModel handle, ModelFile file, String origin) {
        this.bytes = bytes;
        this.handle = handle;
        this.file = file;
        this.origin = origin;
    }

    /**
     * Copies and verifies a model; the caller is its first user.
     *
     * @param origin where it came from, for error texts
     * @throws ServingException DATA_LOSS when the bytes are no valid model
     */
    static TfliteModel parse(byte[] model, String origin) {
        BytePointer copy = new BytePointer(Math.max(1, model.length));
        copy.put(model, 0, model.length);
        TfLiteModel handle = TfLiteModelCreate(copy, model.length);
        if (handle == null || handle.isNull()) {
            copy.deallocate();
            throw new ServingException(ErrorCode.DATA_LOSS, "Not a valid TensorFlow Lite model: " + origin);
        }
        return new TfliteModel(copy, handle, ModelFile.of(model), origin);
    }

    TfLiteModel handle() {
        return handle;
    }

    /** Whether runs must be kept from seeing what an earlier run left behind. */
    boolean keepsState() {
        return file.keepsState();
    }

    /** TensorFlow Lite itself only says that it could not. */
    ServingException cannotInterpret() {
        requireOperators();
        return ServingException.invalidArgument("TensorFlow Lite cannot build an interpreter for " + origin);
    }

    /** To be called when the model could not be prepared: fails when it wants custom operators, the usual reason. */
    void requireOperators() {
        if (!file.customOperators().isEmpty()) {
            throw ServingException.notFound("Op type not registered " + file.customOperators()
                    + " in TensorFlow Lite: only built-in operators are linked, no Flex or custom ones; " + origin);
        }
    }

    void retain() {
        users.incrementAndGet();
    }

    void release() {
        if (users.decrementAndGet() == 0) {
            TfLiteModelDelete(handle);
            bytes.deallocate();
        }
    }
}
