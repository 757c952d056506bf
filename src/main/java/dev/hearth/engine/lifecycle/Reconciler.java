package dev.hearth.engine.lifecycle;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.time.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The part of a {@link ServableManager} that decides: events go in from any thread and run one after the other on
 * {@code hearth-manager}; after each the model concerned is reconciled until its policy has no further step, and whoever
 * waits for it is looked at.
 *
 * <p>All fields but the final ones belong to that thread. An event that fails is logged and concerns no other.
 */
final class Reconciler {

    /** How long a drain that has a limit waits where nothing but loads is left. */
    static final Duration LOAD_LIMIT = Duration.ofSeconds(5);

    private static final Logger LOG = Logger.getLogger(ServableManager.class);

    private final List<LoaderFactory> factories;
    private final LoadEnvironment environment;
    private final ServingTable table;
    private final StatusBoard board;

    private final Map<ModelName, ManagedModel> models = new LinkedHashMap<>();
    private final List<Settling> settlings = new ArrayList<>();
    private @Nullable CompletableFuture<DrainReport> drained;
    private boolean loadsGivenUp;
    private volatile RoomMaker roomMaker = RoomMaker.NONE;

    Reconciler(List<LoaderFactory> factories, LoadEnvironment environment, ServingTable table, StatusBoard board) {
        this.factories = List.copyOf(factories);
        this.environment = environment;
        this.table = table;
        this.board = board;
    }

    void lookForRoom() {
        post(() -> models.values().forEach(model -> model.harnesses().forEach(LoaderHarness::lookForRoom)));
    }

    void roomMaker(RoomMaker maker) {
        roomMaker = maker;
    }

    static ServingException drainingRefusal() {
        return new RefusedException(ErrorCode.UNAVAILABLE, "The server is shutting down", Duration.ofSeconds(1));
    }

    void wish(AspiredVersions wish) {
        event(wish.model(), model -> {
            if (drained == null) {
                model.wish(wish);
            }
        });
    }

    void expect(Set<ModelName> names) {
        post(() -> {
            if (drained != null) {
                return;
            }
            names.forEach(this::model);
            models.forEach((name, model) -> model.expect(names.contains(name)));
            models.values().forEach(this::follow);
        });
    }

    /** Something that a model's waiting requests depend on has changed. */
    void reconsider(ModelName name) {
        event(name, model -> {});
    }

    /** Whether the waiter will get an answer. */
    boolean await(ModelName name, Waiter waiter) {
        return post(() -> {
            if (drained == null) {
                model(name).await(waiter);
            } else {
                waiter.fail(drainingRefusal());
            }
        });
    }

    void expire(ModelName name, Waiter waiter) {
        post(() -> model(name).expire(waiter));
    }

    void forget(ModelName name, Waiter waiter) {
        post(() -> model(name).forget(waiter));
    }

    /** Whether the one who waits will get an answer. */
    boolean settle(Settling settling) {
        return post(() -> {
            if (drained != null) {
                settling.fail(drainingRefusal());
                return;
            }
            settling.names().forEach(name -> settling.look(model(name)));
            if (!settling.over()) {
                settlings.add(settling);
            }
        });
    }

    /** Whether the receiver will be called, on a ready thread. */
    boolean openLeases(Consumer<List<OpenLease>> receiver) {
        return post(() -> {
            List<OpenLease> open = leases();
            environment.threads().complete(() -> receiver.accept(open));
        });
    }

    /** Whether the answer will be completed. */
    boolean drain(CompletableFuture<DrainReport> answer, Deadline deadline) {
        return post(() -> beginDrain(answer, deadline));
    }

    private void beginDrain(CompletableFuture<DrainReport> answer, Deadline deadline) {
        if (drained != null) {
            var unused = drained.whenComplete((report, failure) -> answer.complete(report));
            return;
        }
        drained = answer;
        if (!deadline.unbounded()) {
            Clocks clocks = environment.clocks();
            var limit = clocks.scheduler()
                    .schedule(
                            () -> post(() -> finishDrain(answer)),
                            Duration.ofNanos(Math.max(0, deadline.remainingNanos(clocks.ticker()))));
            var loads = clocks.scheduler().schedule(() -> post(this::giveUpLoads), LOAD_LIMIT);
            var unused = answer.whenComplete((report, failure) -> {
                limit.cancel();
                loads.cancel();
            });
        }
        settlings.forEach(settling -> settling.fail(drainingRefusal()));
        settlings.clear();
        models.forEach((name, model) -> {
            model.refuse(drainingRefusal());
            model.expect(false);
            model.wish(new AspiredVersions(name, Map.of()));
            model.reconcile();
        });
        checkDrained();
    }

    private void checkDrained() {
        if (drained != null && models.values().stream().allMatch(ManagedModel::empty)) {
            finishDrain(drained);
            environment.threads().shutdown();
        } else if (drained != null
                && loadsGivenUp
                && models.values().stream()
                        .flatMap(model -> model.harnesses().stream())
                        .allMatch(Reconciler::loads)) {
            finishDrain(drained);
        }
    }

    /** What loads cannot be interrupted and would only be closed. */
    private void giveUpLoads() {
        loadsGivenUp = true;
        checkDrained();
    }

    private static boolean loads(LoaderHarness harness) {
        return harness.state() == ServableState.LOADING || harness.state() == ServableState.WARMING;
    }

    private void finishDrain(CompletableFuture<DrainReport> answer) {
        List<ServableId> unfinished = models.values().stream()
                .flatMap(model -> model.harnesses().stream())
                .map(LoaderHarness::id)
                .toList();
        DrainReport report = new DrainReport(leases(), unfinished);
        environment.threads().complete(() -> answer.complete(report));
    }

    private List<OpenLease> leases() {
        return models.values().stream()
                .flatMap(model -> model.harnesses().stream())
                .flatMap(harness -> harness.openLeases().stream())
                .toList();
    }

    private ManagedModel model(ModelName name) {
        return models.computeIfAbsent(
                name,
                key -> new ManagedModel(
                        key,
                        environment.options().policy(),
                        table,
                        version -> harness(new ServableId(key, version.getKey()), version.getValue())));
    }

    private LoaderHarness harness(ServableId id, Path folder) {
        return new LoaderHarness(id, folder, () -> loader(id, folder), environment, new Reports(id.name()));
    }

    private Loader loader(ServableId id, Path folder) {
        LoaderFactory first = factories.get(0);
        return factories.stream()
                .filter(candidate -> candidate.recognises(folder))
                .findFirst()
                .orElse(first)
                .loader(id, folder);
    }

    private void follow(ManagedModel model) {
        model.reconcile();
        settlings.removeIf(settling -> settling.look(model));
        checkDrained();
    }

    private boolean event(ModelName name, Consumer<ManagedModel> event) {
        return post(() -> {
            ManagedModel model = model(name);
            event.accept(model);
            follow(model);
        });
    }

    private boolean post(Runnable event) {
        try {
            environment.threads().manager().execute(() -> {
                try {
                    event.run();
                } catch (RuntimeException | Error e) {
                    LOG.error("The manager failed on an event", e);
                }
            });
            return true;
        } catch (RejectedExecutionException e) {
            LOG.debug("An event after the end is dropped", e);
            return false;
        }
    }

    /** What the harnesses of one model tell. */
    private final class Reports implements LoaderHarness.Observer {

        private final ModelName name;

        Reports(ModelName name) {
            this.name = name;
        }

        @Override
        public void serve(Leases leases) {
            table.add(leases);
        }

        @Override
        public void withdraw(Leases leases) {
            table.remove(leases);
        }

        @Override
        public void changed(@Nullable ServableState from, ServableStatus status) {
            board.changed(from, status);
            if (status.state() == ServableState.AVAILABLE) {
                // What was being loaded could not leave; now it can.
                lookForRoom();
            }
        }

        @Override
        public boolean makeRoom(ServableId wanting, ResourceEstimate missing) {
            return roomMaker.makeRoom(
                    wanting,
                    missing,
                    models.values().stream().map(ManagedModel::held).toList());
        }

        @Override
        public void later(Runnable event) {
            event(name, model -> event.run());
        }

        @Override
        public boolean othersServe() {
            return table.serves(name);
        }

        @Override
        public void resourcesFreed() {
            post(() -> models.values().forEach(model -> model.harnesses().forEach(LoaderHarness::resourcesFreed)));
        }
    }
}
