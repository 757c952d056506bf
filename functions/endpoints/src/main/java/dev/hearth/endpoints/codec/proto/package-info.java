/**
 * TensorFlow Serving's messages to and from the engine's values. Plain Java: knows no transport and no container.
 */
@NullMarked
package dev.hearth.endpoints.codec.proto;

import org.jspecify.annotations.NullMarked;
