package dev.hearth.engine.lifecycle;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableStatus;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What requests see: the available versions and the labels. Reading takes no lock; the manager's thread alone changes the
 * versions, by putting a changed copy in place.
 */
final class ServingTable {

    private volatile Map<ModelName, Versions> models = Map.of();
    private final Map<ModelName, Map<String, Long>> labels = new ConcurrentHashMap<>();

    /** Versions of one model that are available, ascending. */
    private record Versions(long[] numbers, Leases[] leases) {

        static Versions of(List<Leases> leases) {
            List<Leases> sorted = leases.stream()
                    .sorted(Comparator.comparingLong(l -> l.id().version()))
                    .toList();
            return new Versions(
                    sorted.stream().mapToLong(l -> l.id().version()).toArray(), sorted.toArray(Leases[]::new));
        }

        @Nullable
        Leases exact(long version) {
            int at = Arrays.binarySearch(numbers, version);
            return at < 0 ? null : leases[at];
        }
    }

    /**
     * A lease on the version meant; null when none is available.
     *
     * @throws ServingException INVALID_ARGUMENT for a label that the model does not have
     */
    @Nullable
    ServableHandle acquire(ModelName model, VersionSelector selector) {
        while (true) {
            Leases leases = find(model, selector);
            if (leases == null) {
                return null;
            }
            ServableHandle lease = leases.tryAcquire();
            if (lease != null) {
                return lease;
            }
            // The version left the table between our look and our grasp: the table has changed, look again.
            Thread.onSpinWait();
        }
    }

    private @Nullable Leases find(ModelName model, VersionSelector selector) {
        Versions versions = models.get(model);
        if (selector instanceof VersionSelector.Latest) {
            return versions == null ? null : versions.leases[versions.leases.length - 1];
        }
        OptionalLong version = version(model, selector);
        return versions == null ? null : versions.exact(version.getAsLong());
    }

    /**
     * The number that a selector stands for, empty for the latest.
     *
     * @throws ServingException INVALID_ARGUMENT for a label that the model does not have
     */
    OptionalLong version(ModelName model, VersionSelector selector) {
        if (selector instanceof VersionSelector.Exact exact) {
            return OptionalLong.of(exact.version());
        }
        if (selector instanceof VersionSelector.Label label) {
            Long version = labels(model).get(label.label());
            if (version == null) {
                throw unknownLabel(label);
            }
            return OptionalLong.of(version);
        }
        return OptionalLong.empty();
    }

    static ServingException unknownLabel(VersionSelector.Label label) {
        return ServingException.invalidArgument("Unrecognized servable version label: " + label.label());
    }

    /**
     * What a request is told that found nothing; clients match on the beginning.
     *
     * @param failure why there is nothing, if that is known
     */
    static ServingException notFound(ModelName model, OptionalLong version, @Nullable ServableStatus failure) {
        String text = "Servable not found for request: "
                + (version.isEmpty()
                        ? "Latest(" + model + ")"
                        : "Specific(" + model + ", " + version.getAsLong() + ")");
        ServingException error = failure == null ? null : failure.error();
        if (failure != null && error != null) {
            text += " (version " + failure.id().version() + " failed to load: " + error.getMessage() + ")";
        }
        return ServingException.notFound(text);
    }

    boolean serves(ModelName model) {
        return models.containsKey(model);
    }

    boolean serves(ModelName model, long version) {
        Versions versions = models.get(model);
        return versions != null && versions.exact(version) != null;
    }

    /** Manager's thread only. */
    void add(Leases leases) {
        ModelName model = leases.id().name();
        put(model, Stream.concat(all(model), Stream.of(leases)).toList());
    }

    /** Manager's thread only; after this no new lease is found, a late grasp must still be fended off by quiescing. */
    void remove(Leases leases) {
        ModelName model = leases.id().name();
        put(model, all(model).filter(l -> l != leases).toList());
    }

    private Stream<Leases> all(ModelName model) {
        Versions versions = models.get(model);
        return versions == null ? Stream.empty() : Arrays.stream(versions.leases);
    }

    private void put(ModelName model, List<Leases> leases) {
        Map<ModelName, Versions> changed = new HashMap<>(models);
        if (leases.isEmpty()) {
            changed.remove(model);
        } else {
            changed.put(model, Versions.of(leases));
        }
        models = changed;
    }

    Map<String, Long> labels(ModelName model) {
        return labels.getOrDefault(model, Map.of());
    }

    /** Replaces the labels of a model after checking all of them; see {@link ServableManager#setLabels}. */
    synchronized void setLabels(ModelName model, Map<String, Long> wanted, LabelRule rule) {
        Map<String, Long> before = labels(model);
        wanted.forEach((label, version) -> {
            boolean keeps = version.equals(before.get(label));
            boolean free =
                    switch (rule) {
                        case AVAILABLE_ONLY -> false;
                        case NEW_LABELS_ANYWHERE -> keeps || !before.containsKey(label);
                        case ANYWHERE -> true;
                    };
            if (!free && !serves(model, version)) {
                throw ServingException.failedPrecondition("Request to assign label to version " + version + " of model "
                        + model + ", which is not currently available for inference");
            }
        });
        if (wanted.isEmpty()) {
            labels.remove(model);
        } else {
            labels.put(model, Map.copyOf(wanted));
        }
    }
}
