/**
 * Answers that were computed before: keys of rows and requests, the tier in this process, the port of a tier that processes
 * share, and who waits for whom where equal questions meet. Knows tensors and bytes, no runs: those are {@code predict}'s.
 */
@NullMarked
package dev.hearth.engine.cache;

import org.jspecify.annotations.NullMarked;
