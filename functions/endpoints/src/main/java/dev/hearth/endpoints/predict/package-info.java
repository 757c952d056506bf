/**
 * The predict function over HTTP: TensorFlow Serving's REST paths below {@code /v1}, and the alias below {@code
 * /functions/predict} with CloudEvents.
 */
@NullMarked
package dev.hearth.endpoints.predict;

import org.jspecify.annotations.NullMarked;
