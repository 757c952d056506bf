package dev.hearth.engine;

import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * How versions are batched.
 *
 * @param options for every model, and the number of batch threads of the process
 * @param perVersion where each version decides for itself: from its folder to its options, empty for not batched. It
 *     throws a {@code ServingException} for a file that makes no sense, which fails the version. Empty: {@code options}
 *     hold for all.
 */
public record BatchingChoice(BatchingOptions options, Optional<Function<Path, Optional<BatchingOptions>>> perVersion) {

    /** The options of the versions now loaded: read once on the load thread, asked for by the first request. */
    static final class Read {

        private final Optional<BatchingChoice> choice;
        private final Map<ServableId, Optional<BatchingOptions>> byVersion = new ConcurrentHashMap<>();

        Read(Optional<BatchingChoice> choice) {
            this.choice = choice;
        }

        /** Must be called before the version serves. */
        void read(ServableId id, Path folder) {
            byVersion.put(id, choice.flatMap(chosen -> chosen.perVersion()
                    .map(file -> file.apply(folder))
                    .orElse(Optional.of(chosen.options()))));
        }

        Optional<BatchingOptions> of(ServableId id) {
            return byVersion.getOrDefault(id, Optional.empty());
        }

        /** Sizes that batches of this version are padded to; empty where every size is allowed. */
        List<Integer> allowedSizes(ServableId id) {
            return of(id).map(BatchingOptions::allowedBatchSizes).orElse(List.of());
        }

        void forgetEnded(ServableStatus status) {
            if (status.state() == ServableState.END || status.state() == ServableState.ERROR) {
                byVersion.remove(status.id());
            }
        }
    }
}
