/** Typed arrays in Java memory: what requests carry in and answers carry out. Knows no runtime and no wire format. */
@NullMarked
package dev.hearth.engine.tensor;

import org.jspecify.annotations.NullMarked;
