package dev.hearth.engine.lifecycle;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The last known status of every version, and who is told of changes. Written by the manager's thread, read by any.
 * Versions that ended stay, the last {@link #ENDED_KEPT} of each model.
 */
final class StatusBoard {

    static final int ENDED_KEPT = 100;

    private static final Logger LOG = Logger.getLogger(ServableManager.class);

    private final Map<ModelName, NavigableMap<Long, ServableStatus>> models = new ConcurrentHashMap<>();
    private final List<ServableEvents> listeners = new CopyOnWriteArrayList<>();
    private final ServingMetrics metrics;

    StatusBoard(ServingMetrics metrics) {
        this.metrics = metrics;
    }

    /** All versions of a model, the highest first; empty for a model never seen. */
    List<ServableStatus> of(ModelName model) {
        NavigableMap<Long, ServableStatus> versions = models.get(model);
        return versions == null ? List.of() : List.copyOf(versions.values());
    }

    Set<ModelName> models() {
        return Set.copyOf(models.keySet());
    }

    Runnable listen(ServableEvents listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    void changed(@Nullable ServableState from, ServableStatus status) {
        NavigableMap<Long, ServableStatus> versions = models.computeIfAbsent(
                status.id().name(), name -> new ConcurrentSkipListMap<>(Comparator.reverseOrder()));
        versions.put(status.id().version(), status);
        forgetOldest(versions);
        log(status);
        metrics.versionStateChanged(
                status.id(), from == null ? "" : from.name(), status.state().name());
        for (ServableEvents listener : listeners) {
            try {
                listener.changed(status);
            } catch (RuntimeException e) {
                LOG.errorf(e, "A listener failed on %s", status);
            }
        }
    }

    /** The highest version of a model (or exactly the one meant) that could not be loaded so far, with its error. */
    @Nullable
    ServableStatus failure(ModelName model, VersionSelector meant) {
        for (ServableStatus status : of(model)) {
            ServingException error = status.error();
            if (error != null
                    && error.code() != ErrorCode.CANCELLED
                    && selects(meant, status.id().version())) {
                return status;
            }
        }
        return null;
    }

    private static boolean selects(VersionSelector meant, long version) {
        return !(meant instanceof VersionSelector.Exact exact) || exact.version() == version;
    }

    private static void forgetOldest(NavigableMap<Long, ServableStatus> versions) {
        if (versions.size() <= ENDED_KEPT) {
            return;
        }
        List<ServableStatus> ended = versions.values().stream()
                .filter(s -> s.state() == ServableState.END || s.state() == ServableState.ERROR)
                .sorted(Comparator.comparing((ServableStatus s) -> s.state() == ServableState.ERROR)
                        .thenComparing(ServableStatus::since))
                .toList();
        for (int i = 0; i < ended.size() - ENDED_KEPT; i++) {
            versions.remove(ended.get(i).id().version());
        }
    }

    private static void log(ServableStatus status) {
        ServingException error = status.error();
        switch (status.state()) {
            case LOADING -> {
                if (error == null) {
                    LOG.infof("Loading servable version %s", status.id());
                } else {
                    LOG.warnf(
                            "Try %d to load servable version %s failed, trying again: %s: %s",
                            (Object) status.attempts(), status.id(), error.code(), error.getMessage());
                }
            }
            case AVAILABLE ->
                LOG.infof(
                        "Successfully loaded servable version %s (load %d ms, warm-up %d ms)",
                        status.id(), millis(status.loadTime()), millis(status.warmupTime()));
            case UNLOADING -> LOG.infof("Unloading servable version %s", status.id());
            case END -> LOG.infof("Done with servable version %s", status.id());
            case ERROR -> {
                if (error != null && error.code() == ErrorCode.CANCELLED) {
                    LOG.infof("%s: %s", error.getMessage(), status.id());
                } else if (error != null) {
                    // Only a cause has a stack worth reading; a plain refusal was decided, not stumbled upon.
                    LOG.errorf(
                            error.getCause(),
                            "Servable version %s failed: %s: %s",
                            status.id(),
                            error.code(),
                            error.getMessage());
                }
            }
            case NEW, WARMING, QUIESCING -> LOG.debugf("%s is %s", status.id(), status.state());
        }
    }

    private static long millis(@Nullable Duration duration) {
        return duration == null ? 0 : duration.toMillis();
    }
}
