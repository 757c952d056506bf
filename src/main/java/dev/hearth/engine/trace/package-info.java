/** The port through which single requests are followed on their way; nobody follows unless a packaging brings somebody. */
@NullMarked
package dev.hearth.engine.trace;

import org.jspecify.annotations.NullMarked;
