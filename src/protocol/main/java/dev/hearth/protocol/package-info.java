/**
 * TensorFlow's and TensorFlow Serving's messages under their own proto names and numbers, generated from
 * {@code main/proto}; and the files that carry them: text-format configuration and PredictionLog records. Knows neither
 * gRPC nor the engine.
 */
@NullMarked
package dev.hearth.protocol;

import org.jspecify.annotations.NullMarked;
