package dev.hearth.endpoints.modelstatus;

import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.metrics.Meters;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;

/** What this process asks outside of itself, and how that is: in the status page and as meters. Thread-safe. */
@Singleton
public class Dependencies {

    private final Map<String, Supplier<State>> known = new ConcurrentSkipListMap<>();
    private final MicrometerServingMetrics metrics;

    Dependencies(MicrometerServingMetrics metrics) {
        this.metrics = metrics;
    }

    /**
     * How one of them is.
     *
     * @param circuit {@code closed} (asked), {@code open} (not asked for a while) or {@code half_open} (tried out)
     * @param inFlight questions that are under way
     * @param most that may be
     */
    public record State(String circuit, int inFlight, int most) {}

    /** One dependency by its name. */
    public record Dependency(String name, String circuit, int inFlight, int most) {}

    /** Begins to tell of one, for as long as the process lives; a second one of the same name replaces it. */
    public void add(String name, Supplier<State> now) {
        if (known.put(name, now) == null) {
            metrics.gauge(
                    Meters.DEPENDENCY_OPEN,
                    this,
                    all -> all.state(name).circuit().equals("closed") ? 0 : 1,
                    name);
            metrics.gauge(
                    Meters.DEPENDENCY_IN_FLIGHT, this, all -> all.state(name).inFlight(), name);
        }
    }

    private State state(String name) {
        Supplier<State> now = known.get(name);
        return now == null ? new State("closed", 0, 0) : now.get();
    }

    /** All of them, by name. */
    List<Dependency> all() {
        return known.keySet().stream()
                .map(name -> {
                    State state = state(name);
                    return new Dependency(name, state.circuit(), state.inFlight(), state.most());
                })
                .toList();
    }
}
