/** The limit: what TensorFlow itself does with a model when nothing stands before it. */
@NullMarked
package dev.hearth.loadtests.session;

import org.jspecify.annotations.NullMarked;
