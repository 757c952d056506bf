/** The engine's reports as meters: Hearth's own set through Micrometer, TensorFlow Serving's on its own page. */
@NullMarked
package dev.hearth.endpoints.metrics;

import org.jspecify.annotations.NullMarked;
