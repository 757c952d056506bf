/** The floor: what the same Quarkus costs a call when it does nothing with it. */
@NullMarked
package dev.hearth.loadtests.baseline;

import org.jspecify.annotations.NullMarked;
