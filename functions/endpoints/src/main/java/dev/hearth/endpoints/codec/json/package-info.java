/**
 * TensorFlow Serving's REST bodies, straight into and out of tensor memory. Plain Java: knows no HTTP and no container.
 */
@NullMarked
package dev.hearth.endpoints.codec.json;

import org.jspecify.annotations.NullMarked;
