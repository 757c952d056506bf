/** Configuration: the tree of keys, the files of TensorFlow Serving, and their way into the engine's options. */
@NullMarked
package dev.hearth.endpoints.config;

import org.jspecify.annotations.NullMarked;
