/** Where requests go that this server refuses: the port that a packaging may fill, and the marks that requests carry. */
@NullMarked
package dev.hearth.endpoints.fallback;

import org.jspecify.annotations.NullMarked;
