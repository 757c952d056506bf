/** Which models are in memory: those that are loaded on demand only, and who leaves when there is no room. */
@NullMarked
package dev.hearth.engine.residency;

import org.jspecify.annotations.NullMarked;
