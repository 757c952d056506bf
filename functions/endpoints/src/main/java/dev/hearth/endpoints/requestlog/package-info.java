/**
 * Request logging: a sample of requests and their answers goes to files of PredictionLog records, as TensorFlow Serving's
 * {@code logging_config} and Hearth's own keys ask. Nothing here slows a request down or fails it; what cannot be kept is
 * counted and dropped.
 */
@NullMarked
package dev.hearth.endpoints.requestlog;

import org.jspecify.annotations.NullMarked;
