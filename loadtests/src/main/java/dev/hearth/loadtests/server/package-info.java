/** Servers under test as processes of their own: start, stop, and what they take of the machine. */
@NullMarked
package dev.hearth.loadtests.server;

import org.jspecify.annotations.NullMarked;
