/** Runs recorded or synthetic requests on a version before it takes traffic. */
@NullMarked
package dev.hearth.engine.warmup;

import org.jspecify.annotations.NullMarked;
