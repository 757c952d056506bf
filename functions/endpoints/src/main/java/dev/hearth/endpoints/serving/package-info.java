/** The engine inside a packaging: made from configuration, started, kept in step with files, drained. */
@NullMarked
package dev.hearth.endpoints.serving;

import org.jspecify.annotations.NullMarked;
