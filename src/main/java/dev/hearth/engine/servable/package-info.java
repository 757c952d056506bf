/** A loaded thing that answers, what brings it in and out, and the lease on it. */
@NullMarked
package dev.hearth.engine.servable;

import org.jspecify.annotations.NullMarked;
