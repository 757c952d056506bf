/**
 * Contracts of the HTTP side. A packaging extends each class in a {@code @QuarkusTest} that serves the demo model {@code
 * half_plus_two} ({@code y = x / 2 + 2}) in version 1.
 */
@NullMarked
package dev.hearth.testkit;

import org.jspecify.annotations.NullMarked;
