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
import java.util.Objects;
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

    /** A lease on the version meant; null when it is not available, or the label is unknown. */
    @Nullable
    ServableHandle acquire(ModelName model, VersionSelector selector) {
        while (true) {
            VersionSelector meant = resolve(model, selector);
            Leases leases = meant == null ? null : find(model, meant);
            ServableHandle lease = leases == null ? null : leases.tryAcquire();
            if (lease != null) {
                return lease;
            }
            // Between the look and the grasp the version left the table or the label moved: then the look is stale.
            if (leases == null && Objects.equals(meant, resolve(model, selector))) {
                return null;
            }
            Thread.onSpinWait();
        }
    }

    private @Nullable Leases find(ModelName model, VersionSelector meant) {
        Versions versions = models.get(model);
        if (versions == null) {
            return null;
        }
        return meant instanceof VersionSelector.Exact exact
                ? versions.exact(exact.version())
                : versions.leases[versions.leases.length - 1];
    }

    /** The selector with a label replaced by the version it points to; null for a label that the model does not have. */
    @Nullable
    VersionSelector resolve(ModelName model, VersionSelector selector) {
        if (selector instanceof VersionSelector.Label label) {
            Long version = labels(model).get(label.label());
            return version == null ? null : new VersionSelector.Exact(version);
        }
        return selector;
    }

    /** What a request is told whose label {@link #resolve} does not know. */
    static ServingException unknownLabel(VersionSelector selector) {
        String label = selector instanceof VersionSelector.Label named ? named.label() : selector.toString();
        return ServingException.invalidArgument("Unrecognized servable version label: " + label);
    }

    /**
     * What a request is told that found nothing; clients match on the beginning.
     *
     * @param meant a resolved selector
     * @param failure why there is nothing, if that is known
     */
    static ServingException notFound(ModelName model, VersionSelector meant, @Nullable ServableStatus failure) {
        String text = "Servable not found for request: "
                + (meant instanceof VersionSelector.Exact exact
                        ? "Specific(" + model + ", " + exact.version() + ")"
                        : "Latest(" + model + ")");
        ServingException error = failure == null ? null : failure.error();
        if (failure != null && error != null) {
            text += " (version " + failure.id().version() + " failed to load: " + error.getMessage() + ")";
        }
        return ServingException.notFound(text);
    }

    /** Versions that are available, ascending. */
    long[] available(ModelName model) {
        Versions versions = models.get(model);
        return versions == null ? new long[0] : versions.numbers.clone();
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
