/** The warm-up function over HTTP, and the requests that versions bring along in TensorFlow Serving's record files. */
@NullMarked
package dev.hearth.endpoints.warmup;

import org.jspecify.annotations.NullMarked;
