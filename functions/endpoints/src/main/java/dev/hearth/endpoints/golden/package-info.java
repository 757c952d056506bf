/** Files of golden answers: read before a version serves, and written from the answers of one. */
@NullMarked
package dev.hearth.endpoints.golden;

import org.jspecify.annotations.NullMarked;
