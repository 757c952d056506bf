package dev.hearth.engine.batching;

import dev.hearth.engine.time.Deadline;

/**
 * A task that wants in.
 *
 * @param rowsAhead rows of its queue that go before it
 * @param othersNanos device time that fairness gives to other models before this task's turn is over
 */
public record Arrival(int size, Deadline deadline, long rowsAhead, long othersNanos) {}
