package dev.hearth.backend.tflite;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.RunPhases;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Runs a function, allocating its memory anew only when a shape differs from the last run's. Not thread-safe. */
final class FunctionRun {

    private final ModelFunction function;
    private final NativeTensors tensors;

    /** Shapes for which memory is allocated; null where that is not certain. */
    private final @Nullable Shape[] allocated;

    FunctionRun(ModelFunction function, NativeTensors tensors) {
        this.function = function;
        this.tensors = tensors;
        this.allocated = new Shape[function.inputs().size()];
    }

    ModelFunction function() {
        return function;
    }

    /** Prepares the shapes that the model came with; false when the model is not ready for them. */
    boolean allocate() {
        return function.allocate() == ModelFunction.OK;
    }

    void run(Tensor[] inputs) {
        resize(inputs);
        for (int i = 0; i < inputs.length; i++) {
            tensors.write(inputs[i], function.input(i));
        }
        RunPhases phases = RunPhases.here();
        phases.inputsReady();
        int status = function.invoke();
        phases.modelDone();
        if (status != ModelFunction.OK) {
            forgetShapes();
            ModelFunction.check(status, "The model failed to run");
        }
    }

    private void resize(Tensor[] inputs) {
        boolean same = true;
        for (int i = 0; i < inputs.length; i++) {
            same &= inputs[i].shape().equals(allocated[i]);
        }
        if (same) {
            return;
        }
        int[][] dims = new int[inputs.length][];
        for (int i = 0; i < inputs.length; i++) {
            dims[i] = dims(inputs[i].shape());
        }
        forgetShapes();
        for (int i = 0; i < inputs.length; i++) {
            ModelFunction.check(
                    function.resizeInput(i, dims[i]),
                    "Input " + function.inputs().get(i) + " cannot have shape " + inputs[i].shape());
        }
        ModelFunction.check(function.allocate(), "The model does not accept inputs of these shapes");
        for (int i = 0; i < inputs.length; i++) {
            allocated[i] = inputs[i].shape();
        }
    }

    private static int[] dims(Shape shape) {
        int[] dims = new int[shape.rank()];
        for (int i = 0; i < dims.length; i++) {
            if (shape.dim(i) == 0 || shape.dim(i) > Integer.MAX_VALUE) {
                throw ServingException.invalidArgument("TensorFlow Lite cannot run on a tensor of shape " + shape);
            }
            dims[i] = (int) shape.dim(i);
        }
        return dims;
    }

    private void forgetShapes() {
        for (int i = 0; i < allocated.length; i++) {
            allocated[i] = null;
        }
    }
}
