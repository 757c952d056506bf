/** Tests against the real TensorFlow Lite runtime and the fixtures of {@code tools/models}. */
@NullMarked
package dev.hearth.backend.tflite;

import org.jspecify.annotations.NullMarked;
