/** TensorFlow Serving's command line: every flag it has, what it sets here, and how the text is read. */
@NullMarked
package dev.hearth.server.flags;

import org.jspecify.annotations.NullMarked;
