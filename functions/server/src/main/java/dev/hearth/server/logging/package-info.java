/** The form of the log, and a line in it for every request, where somebody wants them. Nothing waits for a line to be written. */
@NullMarked
package dev.hearth.server.logging;

import org.jspecify.annotations.NullMarked;
