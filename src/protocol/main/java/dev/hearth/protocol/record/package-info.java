/**
 * TFRecord files and the PredictionLog records in them: warm-up requests and logged requests. Streams; never holds more
 * than one record.
 */
@NullMarked
package dev.hearth.protocol.record;

import org.jspecify.annotations.NullMarked;
