package dev.hearth.engine.healing;

import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.RunRequest;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Whether a version's runs fail so often that it may be its fault. Thread-safe; costs one read when all is well. */
final class Suspicion {

    /** So many answered runs make up for a failed one: where more than a fifth fails, suspicion grows. */
    private static final int WEIGHT = 4;

    private final int enough;
    private final AtomicInteger points = new AtomicInteger();
    private volatile @Nullable Failure last;

    /** A failure that raised suspicion. */
    record Failure(List<String> fetches, ServingException error) {}

    /** @param failures in a row that are enough */
    Suspicion(int failures) {
        this.enough = WEIGHT * failures;
    }

    void answered() {
        if (points.get() > 0) {
            points.updateAndGet(before -> Math.max(0, before - 1));
        }
    }

    /** Whether there is enough to look into it now. */
    boolean failed(RunRequest request, ServingException error) {
        if (!mayBeTheModel(request, error)) {
            return false;
        }
        last = new Failure(request.fetches(), error);
        return points.updateAndGet(before -> Math.min(enough, before + WEIGHT)) >= enough;
    }

    /** Codes that a broken runtime or model gives. The probe decides, so this may be generous. */
    private static boolean mayBeTheModel(RunRequest request, ServingException error) {
        if (error instanceof RefusedException) {
            return false;
        }
        return switch (error.code()) {
            // Such a batch is not run again in parts, see TensorBatchRunner.
            case UNAVAILABLE -> true;
            // A failed initialisation or a lost variable is a failed precondition to TensorFlow.
            case INTERNAL, UNKNOWN, ABORTED, DATA_LOSS, FAILED_PRECONDITION, RESOURCE_EXHAUSTED -> !request.joint();
            default -> false;
        };
    }

    void clear() {
        points.set(0);
    }

    /** The last failure that raised suspicion. */
    @Nullable
    Failure last() {
        return last;
    }
}
