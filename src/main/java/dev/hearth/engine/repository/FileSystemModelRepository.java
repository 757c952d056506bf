package dev.hearth.engine.repository;

import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.servable.AspiredVersions;
import dev.hearth.engine.time.DelayScheduler;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Models in folders, looked at again and again: {@code basePath/<number>/} is a version. Source of the rules:
 * TensorFlow Serving's file system source, better where that hurts.
 *
 * <ul>
 *   <li>A child is a version when its name is a decimal number (leading zeros allowed) and it is a folder or a link to
 *       one. Of two names for one number the last in sorted order wins. Move a new version in by renaming: a half-copied
 *       folder is published as soon as it is seen.
 *   <li>A wish is published only when it differs from the last one of that model.
 *   <li>A base path that is missing or unreadable concerns its own model only. Nothing is published for it, so what is
 *       loaded stays.
 *   <li>A base path without versions publishes nothing either, unless {@link RepositoryOptions#unloadVanished()}. A
 *       version that vanishes while others remain is simply no longer wanted.
 *   <li>What is wrong is logged when it begins, not in every round.
 * </ul>
 *
 * <p>Threads: everything happens on one thread, {@code hearth-model-poll}, including the calls of the sink, which must
 * not block. A file system that hangs stops the looking, never the serving.
 */
public final class FileSystemModelRepository implements ModelRepository {

    private static final Logger LOG = Logger.getLogger(FileSystemModelRepository.class);

    private final RepositoryOptions options;
    private final DelayScheduler scheduler;
    private final Consumer<AspiredVersions> sink;
    private final ExecutorService poller;

    private volatile @Nullable Thread pollThread;
    private volatile boolean closed;

    // The rest is used on the polling thread only.
    private Map<ModelName, PolledModel> models = new LinkedHashMap<>();
    private DelayScheduler.@Nullable Cancellable nextRound;

    /**
     * @param scheduler starts the rounds; not closed by this repository
     * @param sink told each wish that changed; must not block
     */
    public FileSystemModelRepository(
            RepositoryOptions options, DelayScheduler scheduler, Consumer<AspiredVersions> sink) {
        this.options = options;
        this.scheduler = scheduler;
        this.sink = sink;
        this.poller = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "hearth-model-poll");
            thread.setDaemon(true);
            pollThread = thread;
            return thread;
        });
    }

    @Override
    public void setModels(List<ServedModel> served) {
        Set<ModelName> names = new HashSet<>();
        for (ServedModel model : served) {
            if (!names.add(model.name())) {
                throw new IllegalArgumentException("two models are named " + model.name());
            }
        }
        List<ServedModel> list = List.copyOf(served);
        await(() -> {
            replace(list);
            round();
        });
    }

    @Override
    public void pollNow() {
        await(this::round);
    }

    @Override
    public void close() {
        closed = true;
        poller.shutdown();
    }

    private void replace(List<ServedModel> served) {
        Map<ModelName, PolledModel> next = new LinkedHashMap<>();
        for (ServedModel model : served) {
            PolledModel known = models.get(model.name());
            if (known == null) {
                known = new PolledModel(model);
            } else {
                known.reconfigure(model);
            }
            next.put(model.name(), known);
        }
        for (ModelName name : models.keySet()) {
            if (!next.containsKey(name)) {
                publish(new AspiredVersions(name, Map.of()));
            }
        }
        models = next;
    }

    private void round() {
        if (nextRound != null) {
            nextRound.cancel();
            nextRound = null;
        }
        try {
            for (Map.Entry<ModelName, PolledModel> model : models.entrySet()) {
                try {
                    model.getValue().poll(options.unloadVanished()).ifPresent(this::publish);
                } catch (RuntimeException e) {
                    LOG.errorf(e, "Looking for versions of servable %s failed", model.getKey());
                }
            }
        } finally {
            if (options.polls() && !closed && !models.isEmpty()) {
                nextRound = scheduler.schedule(this::roundLater, options.pollPeriod());
            }
        }
    }

    private void publish(AspiredVersions wish) {
        if (!closed) {
            sink.accept(wish);
        }
    }

    private void roundLater() {
        try {
            poller.execute(this::round);
        } catch (RejectedExecutionException e) {
            LOG.debug("Closed while a round was due", e);
        }
    }

    private void await(Runnable work) {
        if (closed) {
            throw new IllegalStateException("the model repository is closed");
        }
        if (Thread.currentThread() == pollThread) {
            work.run();
        } else {
            CompletableFuture.runAsync(work, poller).join();
        }
    }
}
