/** Requests that are followed: the port through which the ends of the protocols tell of them. */
@NullMarked
package dev.hearth.endpoints.trace;

import org.jspecify.annotations.NullMarked;
