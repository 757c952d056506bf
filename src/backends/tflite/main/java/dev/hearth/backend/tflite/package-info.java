/** TensorFlow Lite models, through the C API of its runtime. One holder keeps what is native and closes it in order. */
@NullMarked
package dev.hearth.backend.tflite;

import org.jspecify.annotations.NullMarked;
