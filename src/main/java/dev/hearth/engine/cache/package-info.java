/** Port of the prediction cache. The two-tier implementation arrives with its own issue; nothing here caches yet. */
@NullMarked
package dev.hearth.engine.cache;

import org.jspecify.annotations.NullMarked;
