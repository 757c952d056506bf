/** The port through which the engine reports what it does, and the catalogue of every meter. */
@NullMarked
package dev.hearth.engine.metrics;

import org.jspecify.annotations.NullMarked;
