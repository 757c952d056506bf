package dev.hearth.engine.batching;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A task that counts its ends. */
final class FakeTask implements BatchTask {

    final int id;
    final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
    final AtomicInteger answers = new AtomicInteger();
    final AtomicInteger rowsRun = new AtomicInteger();
    private final int size;
    private final Deadline deadline;
    private final Priority priority;
    private volatile boolean cancelled;
    private volatile @Nullable ServingException failure;

    FakeTask(int id, int size) {
        this(id, size, Deadline.NONE);
    }

    FakeTask(int id, int size, Deadline deadline) {
        this(id, size, deadline, Priority.NORMAL);
    }

    FakeTask(int id, int size, Deadline deadline, Priority priority) {
        this.priority = priority;
        this.id = id;
        this.size = size;
        this.deadline = deadline;
    }

    void cancel() {
        cancelled = true;
    }

    /** Counts rows that were run; the last of them answers the task. */
    void ran(int rows) {
        if (rowsRun.addAndGet(rows) == size) {
            answers.incrementAndGet();
            done.complete(null);
        }
    }

    @Nullable
    ServingException failure() {
        return failure;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public Deadline deadline() {
        return deadline;
    }

    @Override
    public Priority priority() {
        return priority;
    }

    @Override
    public boolean cancelled() {
        return cancelled;
    }

    @Override
    public void fail(ServingException error) {
        answers.incrementAndGet();
        failure = error;
        done.complete(null);
    }

    @Override
    public String toString() {
        return "#" + id + "(" + size + ")";
    }
}
