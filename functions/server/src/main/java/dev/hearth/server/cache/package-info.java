/** The tier of the prediction cache that processes share, in Redis. Made only where a model's answers are to be there. */
@NullMarked
package dev.hearth.server.cache;

import org.jspecify.annotations.NullMarked;
