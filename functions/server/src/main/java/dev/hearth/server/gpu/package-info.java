/** What the machine's GPUs say of themselves, as meters; nothing of it where there is no NVIDIA driver. */
@NullMarked
package dev.hearth.server.gpu;

import org.jspecify.annotations.NullMarked;
