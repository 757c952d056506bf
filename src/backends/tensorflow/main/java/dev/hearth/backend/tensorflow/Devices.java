package dev.hearth.backend.tensorflow;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteDeviceList;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeviceListCount;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeviceListName;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SessionListDevices;

import dev.hearth.engine.error.ServingException;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Session;

/**
 * The devices of a session.
 *
 * @param names short ones, e.g. {@code CPU:0}, {@code GPU:0}
 */
record Devices(List<String> names) {

    static Devices of(TF_Session session) {
        try (Status status = new Status()) {
            TF_DeviceList list = TF_SessionListDevices(session, status.handle());
            status.check();
            try {
                List<String> names = new ArrayList<>();
                for (int i = 0; i < TF_DeviceListCount(list); i++) {
                    String full = TF_DeviceListName(list, i, status.handle()).getString();
                    names.add(full.substring(full.lastIndexOf("device:") + "device:".length()));
                }
                return new Devices(List.copyOf(names));
            } finally {
                TF_DeleteDeviceList(list);
            }
        }
    }

    boolean hasGpu() {
        return names.stream().anyMatch(name -> name.startsWith("GPU"));
    }

    /** What sessions are spread over: the GPUs, or where there are none the CPU devices, of which there is mostly one. */
    List<String> spread() {
        String kind = hasGpu() ? "GPU:" : "CPU:";
        return names.stream().filter(name -> name.startsWith(kind)).sorted().toList();
    }

    void requireGpuIf(boolean required) {
        if (required && !hasGpu()) {
            throw ServingException.failedPrecondition("A GPU is required and TensorFlow found none; devices: " + names);
        }
    }
}
