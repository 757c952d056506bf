/** The tier of the prediction cache in Redis, against a real one. */
@NullMarked
package dev.hearth.server.cache;

import org.jspecify.annotations.NullMarked;
