/**
 * SavedModels on the TensorFlow runtime, through its C API. The runtime's Java API is not used: one run would cost
 * several times as much. Everything native has one owner here and is closed explicitly.
 */
@NullMarked
package dev.hearth.backend.tensorflow;

import org.jspecify.annotations.NullMarked;
