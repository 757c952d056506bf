/** TensorFlow Serving's configuration files: text-format protobuf read into messages, with errors that name the place. */
@NullMarked
package dev.hearth.protocol.config;

import org.jspecify.annotations.NullMarked;
