package dev.hearth.engine.batching;

import java.util.List;

/**
 * Tasks that are run together, in arrival order. Formed once and never changed.
 *
 * @param rows sum of the slices' rows
 */
public record Batch<T extends BatchTask>(List<Slice<T>> slices, int rows) {}
