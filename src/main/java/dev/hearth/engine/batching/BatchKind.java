package dev.hearth.engine.batching;

/**
 * Which tasks may share a batch, how batches of them are formed, and who runs them. Make it once and keep it: it is the
 * first look-up of every task.
 *
 * @param group what the number of queues is bounded by: one noisy client must not take all queues
 * @param key equal keys share a queue; the key's equality includes the group
 */
public record BatchKind<T extends BatchTask>(Object group, Object key, BatchPolicy policy, BatchRunner<T> runner) {}
