/** Versions that keep failing: finds out whether they or their requests are at fault, and opens them anew. */
@NullMarked
package dev.hearth.engine.healing;

import org.jspecify.annotations.NullMarked;
