/** Who may do what, tried on the running server with every call that it has. */
@NullMarked
package dev.hearth.server.access;

import org.jspecify.annotations.NullMarked;
