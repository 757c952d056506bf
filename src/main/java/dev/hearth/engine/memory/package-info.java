/** How much memory the process may take, how it is divided, how much it takes, and refusing requests before it is killed for it. */
@NullMarked
package dev.hearth.engine.memory;

import org.jspecify.annotations.NullMarked;
