package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.fuzz.Targets;
import dev.hearth.endpoints.predict.RequestBytes;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.DataType;
import java.util.Map;
import java.util.OptionalInt;

/** Bodies of the Open Inference Protocol: JSON alone, JSON with plain bytes behind it, and plain bytes alone. */
public final class InferBodyTarget {

    private static final SharedMemory NO_MEMORY = new SharedMemory(false);
    private static final Signature SIGNATURE = Targets.signature(Map.of("s", DataType.STRING));

    private InferBodyTarget() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] != '}') {
            end--;
        }
        read(bytes, OptionalInt.empty());
        // Where there is none, this is a body that is one element.
        read(bytes, OptionalInt.of(end));
    }

    private static void read(byte[] bytes, OptionalInt json) {
        Targets.read(() -> HttpInference.read("m", "", RequestBytes.of(bytes.clone()), json, Targets.LIMITS, NO_MEMORY)
                .request()
                .inputs()
                .of(SIGNATURE));
    }
}
