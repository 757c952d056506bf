package dev.hearth.engine.residency;

import dev.hearth.engine.model.ModelName;
import java.util.ArrayList;
import java.util.List;

/**
 * Who has to leave so that something fits: a pure function. Those that were asked for longest ago go first, no more of them
 * than are needed.
 *
 * @param leave models to unload now; empty while it is not enough, or not needed
 * @param roomLater whether there will be room, by those that leave now, are leaving already, or can be asked to leave later
 */
record Evictions(List<ModelName> leave, boolean roomLater) {

    /**
     * A model that may leave.
     *
     * @param idleNanos since it was asked for last
     * @param ready whether it may be asked now; otherwise only later, as while it is being loaded or waited for
     */
    record Candidate(ModelName model, long bytes, long idleNanos, boolean ready) {}

    /**
     * @param missing bytes beside what is free
     * @param leaving bytes that are being given back already
     */
    static Evictions of(long missing, long leaving, List<Candidate> candidates) {
        long wanted = missing - leaving;
        if (wanted <= 0) {
            return new Evictions(List.of(), true);
        }
        List<ModelName> leave = new ArrayList<>();
        long later = 0;
        for (Candidate candidate : candidates.stream()
                .sorted((a, b) -> Long.compare(b.idleNanos(), a.idleNanos()))
                .toList()) {
            if (!candidate.ready()) {
                later += candidate.bytes();
            } else if (wanted > 0 && candidate.bytes() > 0) {
                leave.add(candidate.model());
                wanted -= candidate.bytes();
            }
        }
        // Unloading what does not suffice would only make others wait.
        return wanted <= 0 ? new Evictions(leave, true) : new Evictions(List.of(), wanted - later <= 0);
    }
}
