package dev.hearth.engine;

import java.util.List;

/**
 * Whether the process should get traffic.
 *
 * @param ready every configured model has a version AVAILABLE, or has failed while another is available; not draining
 * @param waitingFor what keeps it from being ready, one sentence each; empty when ready
 */
public record Readiness(boolean ready, List<String> waitingFor) {

    public Readiness {
        waitingFor = List.copyOf(waitingFor);
    }
}
