package dev.hearth.backend.tensorflow;

import dev.hearth.engine.testing.NativeImageContract;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.internal.c_api.TF_Tensor;

final class NativeImageTest extends NativeImageContract {

    NativeImageTest() {
        super("hearth-backend-tensorflow", Pointer.class, TF_Tensor.class, "jnitensorflow");
    }
}
