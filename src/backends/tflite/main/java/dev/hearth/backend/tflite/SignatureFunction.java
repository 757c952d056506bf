package dev.hearth.backend.tflite;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterGetSignatureRunner;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerAllocateTensors;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerDelete;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetInputCount;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetInputName;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetInputTensor;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetOutputCount;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetOutputName;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetOutputTensor;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerInvoke;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerResizeInputTensor;

import dev.hearth.engine.error.ServingException;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorflowlite.TfLiteInterpreter;
import org.bytedeco.tensorflowlite.TfLiteSignatureRunner;
import org.bytedeco.tensorflowlite.TfLiteTensor;

/** A signature that the model's author named. Closed before its interpreter. */
final class SignatureFunction implements ModelFunction {

    private final TfLiteSignatureRunner runner;
    private final List<BytePointer> inputs;
    private final List<BytePointer> outputs;

    SignatureFunction(TfLiteInterpreter interpreter, BytePointer key) {
        runner = TfLiteInterpreterGetSignatureRunner(interpreter, key);
        if (runner == null || runner.isNull()) {
            throw ServingException.invalidArgument("The model's signature " + NativeLibrary.text(key) + " is broken");
        }
        inputs = IntStream.range(0, (int) TfLiteSignatureRunnerGetInputCount(runner))
                .mapToObj(i -> TfLiteSignatureRunnerGetInputName(runner, i))
                .toList();
        outputs = IntStream.range(0, (int) TfLiteSignatureRunnerGetOutputCount(runner))
                .mapToObj(i -> TfLiteSignatureRunnerGetOutputName(runner, i))
                .toList();
    }

    @Override
    public List<String> inputs() {
        return inputs.stream().map(NativeLibrary::text).toList();
    }

    @Override
    public List<String> outputs() {
        return outputs.stream().map(NativeLibrary::text).toList();
    }

    @Override
    public TfLiteTensor input(int index) {
        return TfLiteSignatureRunnerGetInputTensor(runner, inputs.get(index));
    }

    @Override
    public TfLiteTensor output(int index) {
        return TfLiteSignatureRunnerGetOutputTensor(runner, outputs.get(index));
    }

    @Override
    public int resizeInput(int index, int[] dims) {
        return TfLiteSignatureRunnerResizeInputTensor(runner, inputs.get(index), dims, dims.length);
    }

    @Override
    public int allocate() {
        return TfLiteSignatureRunnerAllocateTensors(runner);
    }

    @Override
    public int invoke() {
        return TfLiteSignatureRunnerInvoke(runner);
    }

    @Override
    public void close() {
        TfLiteSignatureRunnerDelete(runner);
    }
}
