/** Groups tasks into batches and runs them. Generic: knows neither tensors nor models. */
@NullMarked
package dev.hearth.engine.batching;

import org.jspecify.annotations.NullMarked;
