/** A bounded set of native things that run, handed out one lease at a time. */
@NullMarked
package dev.hearth.engine.session;

import org.jspecify.annotations.NullMarked;
