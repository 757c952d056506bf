/** Tests against the real runtime and the fixtures of {@code tools/models}. */
@NullMarked
package dev.hearth.backend.tensorflow;

import org.jspecify.annotations.NullMarked;
