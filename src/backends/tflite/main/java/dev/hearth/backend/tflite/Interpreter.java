package dev.hearth.backend.tflite;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterCreate;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterDelete;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterGetSignatureCount;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterGetSignatureKey;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterOptionsCreate;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterOptionsDelete;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterOptionsSetNumThreads;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterResetVariableTensors;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorflowlite.TfLiteInterpreter;
import org.bytedeco.tensorflowlite.TfLiteInterpreterOptions;

/**
 * One interpreter of a model with all that hangs on it: its functions, its options and a share of the model's memory.
 * Not thread-safe; the pool hands it to one run at a time. Closing frees everything, in the one order that does not
 * crash.
 */
final class Interpreter implements AutoCloseable {

    private final TfliteModel model;
    private final TfLiteInterpreterOptions options;
    private final TfLiteInterpreter handle;
    private final NativeTensors tensors;
    private final Map<String, FunctionRun> functions = new LinkedHashMap<>();

    /**
     * Builds an interpreter.
     *
     * @param floats see {@link TfliteOptions}
     * @throws dev.hearth.engine.error.ServingException when the model needs what TensorFlow Lite does not have
     */
    Interpreter(TfliteModel model, int threads, boolean floats) {
        this.model = model;
        this.tensors = new NativeTensors(floats);
        model.retain();
        options = TfLiteInterpreterOptionsCreate();
        TfLiteInterpreterOptionsSetNumThreads(options, threads);
        handle = TfLiteInterpreterCreate(model.handle(), options);
        try {
            if (handle == null || handle.isNull()) {
                throw model.cannotInterpret();
            }
            for (int i = 0; i < TfLiteInterpreterGetSignatureCount(handle); i++) {
                BytePointer key = TfLiteInterpreterGetSignatureKey(handle, i);
                functions.put(NativeLibrary.text(key), new FunctionRun(new SignatureFunction(handle, key), tensors));
            }
            if (functions.isEmpty()) {
                functions.put(Signature.SERVING_DEFAULT, new FunctionRun(new GraphFunction(handle), tensors));
            }
            for (FunctionRun function : functions.values()) {
                if (!function.allocate()) {
                    model.requireOperators();
                }
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    NativeTensors tensors() {
        return tensors;
    }

    /** The model's functions by signature name, in the model's order. */
    Map<String, ModelFunction> functions() {
        Map<String, ModelFunction> all = new LinkedHashMap<>();
        functions.forEach((name, run) -> all.put(name, run.function()));
        return all;
    }

    /**
     * Runs a function.
     *
     * @param inputs one for each input of the function, in its order
     * @param outputs numbers of the wanted outputs
     */
    List<Tensor> run(String signature, Tensor[] inputs, int[] outputs) {
        FunctionRun function = functions.get(signature);
        if (function == null) {
            throw new IllegalArgumentException("no signature " + signature);
        }
        if (model.keepsState()) {
            TfLiteInterpreterResetVariableTensors(handle);
        }
        function.run(inputs);
        List<Tensor> answer = new ArrayList<>(outputs.length);
        for (int output : outputs) {
            answer.add(tensors.read(function.function().output(output)));
        }
        return answer;
    }

    @Override
    public void close() {
        functions.values().forEach(run -> run.function().close());
        if (handle != null && !handle.isNull()) {
            TfLiteInterpreterDelete(handle);
        }
        TfLiteInterpreterOptionsDelete(options);
        model.release();
    }
}
