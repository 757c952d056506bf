package dev.hearth.backend.tflite;

import dev.hearth.engine.testing.NativeImageContract;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.TfLiteTensor;

final class NativeImageTest extends NativeImageContract {

    NativeImageTest() {
        super("hearth-backend-tflite", Pointer.class, TfLiteTensor.class, "jnitensorflowlite");
    }
}
