/** The access log. */
@NullMarked
package dev.hearth.server.logging;

import org.jspecify.annotations.NullMarked;
