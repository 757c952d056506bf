/** Readers of files and messages, fed with damaged samples. */
@NullMarked
package dev.hearth.protocol.fuzz;

import org.jspecify.annotations.NullMarked;
