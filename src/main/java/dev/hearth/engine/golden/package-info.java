/** Recorded requests with their answers: what a version must still answer before it serves, and how answers are compared. */
@NullMarked
package dev.hearth.engine.golden;

import org.jspecify.annotations.NullMarked;
