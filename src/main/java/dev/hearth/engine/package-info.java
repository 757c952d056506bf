/** The composition root: the only place that wires the packages below it into one engine per process. */
@NullMarked
package dev.hearth.engine;

import org.jspecify.annotations.NullMarked;
