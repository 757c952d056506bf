/** Who gets in and how many, before any work is spent on a request. */
@NullMarked
package dev.hearth.engine.admission;

import org.jspecify.annotations.NullMarked;
