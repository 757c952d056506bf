package dev.hearth.engine.healing;

import dev.hearth.engine.servable.RunRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Requests to try a version with. For one thread at a time. */
final class Probes {

    /** They are kept for as long as the version is loaded. */
    private static final long LARGEST_BYTES = 256 << 10;

    private final List<Probe> probes = new ArrayList<>();

    /** A request, and whether this version has ever answered it: if not, that it fails means nothing. */
    static final class Probe {
        private final RunRequest request;
        private boolean proven;

        private Probe(RunRequest request, boolean proven) {
            this.request = request;
            this.proven = proven;
        }

        RunRequest request() {
            return request;
        }

        boolean proven() {
            return proven;
        }

        void answered() {
            proven = true;
        }
    }

    /**
     * @param answered requests that the version has answered
     * @param guesses requests that it might answer, for outputs that none of the others asks for
     */
    Probes(List<RunRequest> answered, List<RunRequest> guesses) {
        answered.forEach(request -> add(request, true));
        guesses.forEach(request -> add(request, false));
    }

    private void add(RunRequest request, boolean proven) {
        boolean covered = probes.stream()
                .anyMatch(probe ->
                        probe.request.fetches().equals(request.fetches()) && bytes(probe.request) <= bytes(request));
        if (!covered && bytes(request) <= LARGEST_BYTES) {
            probes.removeIf(probe -> proven && probe.request.fetches().equals(request.fetches()));
            probes.add(new Probe(request, proven));
        }
    }

    private static long bytes(RunRequest request) {
        return request.feeds().stream()
                .mapToLong(feed -> feed.value().byteSize())
                .sum();
    }

    /** One that asks for the same outputs if there is one, else a proven one, else any; null where there is none. */
    @Nullable
    Probe fitting(List<String> fetches) {
        return probes.stream()
                .min(Comparator.comparing(
                                (Probe probe) -> !probe.request.fetches().equals(fetches))
                        .thenComparing(probe -> !probe.proven)
                        .thenComparing(probe -> bytes(probe.request)))
                .orElse(null);
    }

    void remove(Probe probe) {
        probes.remove(probe);
    }
}
