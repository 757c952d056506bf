/** Following requests. */
@NullMarked
package dev.hearth.server.trace;

import org.jspecify.annotations.NullMarked;
