/** Health for orchestrators: whether the process lives, has started, and should get traffic. */
@NullMarked
package dev.hearth.endpoints.health;

import org.jspecify.annotations.NullMarked;
