package dev.hearth.engine.lifecycle;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.lifecycle.AspiredVersionPolicy.Step;
import dev.hearth.engine.lifecycle.AspiredVersionPolicy.VersionSnapshot;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One model: the wish, its versions, the requests that wait for it. Used on the manager's thread only. */
final class ManagedModel {

    private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

    private final ModelName name;
    private final AspiredVersionPolicy policy;
    private final ServingTable table;
    private final Function<Map.Entry<Long, Path>, LoaderHarness> harnesses;

    private final TreeMap<Long, LoaderHarness> versions = new TreeMap<>();
    private final Set<Waiter> waiters = new LinkedHashSet<>();
    private boolean expected;
    private @Nullable AspiredVersions wish;

    /** @param harnesses makes the harness of a version in a folder */
    ManagedModel(
            ModelName name,
            AspiredVersionPolicy policy,
            ServingTable table,
            Function<Map.Entry<Long, Path>, LoaderHarness> harnesses) {
        this.name = name;
        this.policy = policy;
        this.table = table;
        this.harnesses = harnesses;
    }

    ModelName name() {
        return name;
    }

    void wish(AspiredVersions changed) {
        wish = changed;
    }

    /** Whether the model is configured. One that is configured anew forgets that it was once taken away. */
    void expect(boolean configured) {
        if (configured && !expected && wish != null && wish.folders().isEmpty()) {
            wish = null;
        }
        expected = configured;
    }

    /** Answers at once if that is possible. */
    void await(Waiter waiter) {
        if (!waiter.gone() && !answered(waiter)) {
            waiters.add(waiter);
        }
    }

    /** A request gave up. */
    void forget(Waiter waiter) {
        waiters.remove(waiter);
    }

    boolean empty() {
        return versions.isEmpty();
    }

    List<LoaderHarness> harnesses() {
        return List.copyOf(versions.values());
    }

    /** What it has reserved, for whoever looks for room. */
    RoomMaker.Held held() {
        long available = 0;
        long loading = 0;
        long leaving = 0;
        boolean settled = true;
        for (LoaderHarness harness : versions.values()) {
            boolean serves = harness.state() == ServableState.AVAILABLE && harness.aspired();
            available += serves ? harness.heldBytes() : 0;
            loading += harness.loadingBytes();
            leaving += serves ? 0 : harness.heldBytes();
            settled &= harness.state() != ServableState.LOADING && harness.state() != ServableState.WARMING;
        }
        return new RoomMaker.Held(name, available, loading, leaving, settled);
    }

    /** Takes the steps that follow from wish and fact, then answers the requests that can be answered. */
    void reconcile() {
        if (wish != null) {
            follow(wish);
        }
        // Each step takes a version out of the state that caused it, so two a version are more than enough.
        for (int steps = 2 * versions.size(); steps > 0; steps--) {
            Optional<Step> step = policy.next(snapshots());
            if (step.isEmpty()) {
                break;
            }
            take(step.get());
        }
        answer();
    }

    private void follow(AspiredVersions wanted) {
        Iterator<LoaderHarness> held = versions.values().iterator();
        while (held.hasNext()) {
            LoaderHarness harness = held.next();
            boolean wished = wanted.folders().containsKey(harness.id().version());
            if (wished != harness.aspired()) {
                harness.aspire(wished);
            }
            if (harness.gone() || (!wished && harness.state() == ServableState.ERROR)) {
                held.remove();
            }
        }
        for (Map.Entry<Long, Path> version : wanted.folders().entrySet()) {
            if (!versions.containsKey(version.getKey())) {
                versions.put(version.getKey(), harnesses.apply(version));
            }
        }
    }

    private List<VersionSnapshot> snapshots() {
        return versions.values().stream()
                .map(h -> new VersionSnapshot(h.id().version(), h.aspired(), h.state()))
                .toList();
    }

    private void take(Step step) {
        LoaderHarness harness = versions.get(step.version());
        if (harness == null) {
            throw new IllegalStateException("the policy named a version that " + name + " has not: " + step);
        }
        if (step instanceof Step.Load) {
            harness.load();
        } else {
            harness.unload();
        }
    }

    private void answer() {
        waiters.removeIf(waiter -> waiter.gone() || answered(waiter));
    }

    private boolean answered(Waiter waiter) {
        ServableHandle handle = table.acquire(name, waiter.selector());
        if (handle != null) {
            waiter.give(handle);
            return true;
        }
        VersionSelector meant = table.resolve(name, waiter.selector());
        if (meant == null) {
            // Labels of a model that is not there yet may come with it.
            if (!table.serves(name) && pending(VersionSelector.LATEST)) {
                return false;
            }
            waiter.fail(ServingTable.unknownLabel(waiter.selector()));
        } else if (pending(meant)) {
            return false;
        } else {
            waiter.fail(ServingTable.notFound(name, meant, failure(meant)));
        }
        return true;
    }

    /** Whether the version (or any, for the latest) may become available without anybody doing anything. */
    private boolean pending(VersionSelector meant) {
        if (wish == null) {
            return expected;
        }
        return selected(meant).anyMatch(ManagedModel::pending);
    }

    /** The versions that could answer a resolved selector, the highest first. */
    private Stream<LoaderHarness> selected(VersionSelector meant) {
        if (meant instanceof VersionSelector.Exact exact) {
            return Stream.ofNullable(versions.get(exact.version()));
        }
        return versions.descendingMap().values().stream();
    }

    private @Nullable ServableStatus failure(VersionSelector meant) {
        return selected(meant)
                .map(LoaderHarness::status)
                .filter(status -> status.error() != null)
                .findFirst()
                .orElse(null);
    }

    /** A version between two tries is no more pending: that may take minutes, and the error is known already. */
    private static boolean pending(LoaderHarness harness) {
        return harness.aspired() && harness.state() != ServableState.ERROR && !harness.waitsForRetry();
    }

    /** A waiting request ran out of time. */
    void expire(Waiter waiter) {
        if (waiters.remove(waiter)) {
            waiter.fail(stillLoading());
        }
    }

    void refuse(ServingException why) {
        waiters.forEach(waiter -> waiter.fail(why));
        waiters.clear();
    }

    private ServingException stillLoading() {
        StringBuilder text = new StringBuilder("Model ").append(name);
        if (versions.isEmpty()) {
            text.append(" has no version yet");
        } else {
            text.append(" is still loading: ");
            String separator = "";
            for (LoaderHarness harness : versions.descendingMap().values()) {
                text.append(separator)
                        .append("version ")
                        .append(harness.id().version())
                        .append(" is ")
                        .append(harness.state());
                separator = ", ";
            }
        }
        return new RefusedException(ErrorCode.UNAVAILABLE, text.toString(), TRY_AGAIN);
    }

    /** How it went; empty while a version may still become available by itself, retries included. */
    Optional<ModelOutcome> outcome() {
        boolean available = versions.values().stream().anyMatch(h -> h.state() == ServableState.AVAILABLE);
        boolean over = wish != null
                && versions.values().stream().noneMatch(h -> h.aspired() && h.state() != ServableState.ERROR);
        if (!available && !over) {
            return Optional.empty();
        }
        List<ServableStatus> statuses = versions.descendingMap().values().stream()
                .map(LoaderHarness::status)
                .toList();
        return Optional.of(new ModelOutcome(name, available, statuses));
    }
}
