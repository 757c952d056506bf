/** The one error type of Hearth, with gRPC's canonical codes. Decided where the condition is known, mapped once per protocol. */
@NullMarked
package dev.hearth.engine.error;

import org.jspecify.annotations.NullMarked;
