/** How long the process took to its first prediction, and with what: the phases of a cold start, timed as they happen. */
@NullMarked
package dev.hearth.engine.start;

import org.jspecify.annotations.NullMarked;
