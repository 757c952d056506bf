package dev.hearth.backend.tflite;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterAllocateTensors;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterGetInputTensor;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterGetInputTensorCount;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterGetOutputTensor;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterGetOutputTensorCount;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterInvoke;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterResizeInputTensor;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTensorName;

import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.tensorflowlite.TfLiteInterpreter;
import org.bytedeco.tensorflowlite.TfLiteTensor;

/** The first graph of a model without signatures; aliases are its tensors' names without {@code :0}. */
final class GraphFunction implements ModelFunction {

    private static final String FIRST_OUTPUT = ":0";

    private final TfLiteInterpreter interpreter;
    private final List<String> inputs;
    private final List<String> outputs;

    GraphFunction(TfLiteInterpreter interpreter) {
        this.interpreter = interpreter;
        inputs = IntStream.range(0, TfLiteInterpreterGetInputTensorCount(interpreter))
                .mapToObj(i -> alias(input(i)))
                .toList();
        outputs = IntStream.range(0, TfLiteInterpreterGetOutputTensorCount(interpreter))
                .mapToObj(i -> alias(output(i)))
                .toList();
    }

    private static String alias(TfLiteTensor tensor) {
        String name = NativeLibrary.text(TfLiteTensorName(tensor));
        return name.endsWith(FIRST_OUTPUT) ? name.substring(0, name.length() - FIRST_OUTPUT.length()) : name;
    }

    @Override
    public List<String> inputs() {
        return inputs;
    }

    @Override
    public List<String> outputs() {
        return outputs;
    }

    @Override
    public TfLiteTensor input(int index) {
        return TfLiteInterpreterGetInputTensor(interpreter, index);
    }

    @Override
    public TfLiteTensor output(int index) {
        return TfLiteInterpreterGetOutputTensor(interpreter, index);
    }

    @Override
    public int resizeInput(int index, int[] dims) {
        return TfLiteInterpreterResizeInputTensor(interpreter, index, dims, dims.length);
    }

    @Override
    public int allocate() {
        return TfLiteInterpreterAllocateTensors(interpreter);
    }

    @Override
    public int invoke() {
        return TfLiteInterpreterInvoke(interpreter);
    }

    @Override
    public void close() {
        // The interpreter is the caller's.
    }
}
