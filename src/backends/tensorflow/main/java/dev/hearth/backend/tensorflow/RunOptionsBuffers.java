package dev.hearth.backend.tensorflow;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBufferFromString;

import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.proto.RunOptions;

/**
 * Serialized {@code RunOptions}, made once each and kept for the life of the process: a run must not build a message.
 * Times are rounded up to three significant bits, so there are few of them.
 */
final class RunOptionsBuffers {

    private static final ConcurrentHashMap<Integer, TF_Buffer> BY_MILLIS = new ConcurrentHashMap<>();
    private static final int LONGEST_MILLIS = 1 << 30;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private RunOptionsBuffers() {}

    /** Runs in the calling thread. */
    static TF_Buffer inline() {
        return Inline.BUFFER;
    }

    /** Runs on TensorFlow's pool and gives up after about this time; null (no options) without a limit. */
    static @Nullable TF_Buffer pooled(long remainingNanos) {
        long millis = (remainingNanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI;
        if (remainingNanos == Long.MAX_VALUE || millis > LONGEST_MILLIS) {
            return null;
        }
        return BY_MILLIS.computeIfAbsent(
                roundUp((int) Math.max(1, millis)),
                rounded ->
                        buffer(RunOptions.newBuilder().setTimeoutInMs(rounded).build()));
    }

    static int roundUp(int millis) {
        int shift = Math.max(0, 29 - Integer.numberOfLeadingZeros(millis));
        int step = 1 << shift;
        return (millis + step - 1) / step * step;
    }

    private static TF_Buffer buffer(RunOptions options) {
        byte[] bytes = options.toByteArray();
        try (BytePointer copy = new BytePointer(bytes)) {
            return TF_NewBufferFromString(copy, bytes.length);
        }
    }

    private static final class Inline {
        static final TF_Buffer BUFFER =
                buffer(RunOptions.newBuilder().setInterOpThreadPool(-1).build());
    }
}
