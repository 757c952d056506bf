/** What only the server packaging has of access control: tokens, and what it tells at the start. */
@NullMarked
package dev.hearth.server.access;

import org.jspecify.annotations.NullMarked;
