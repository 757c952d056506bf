/** Canonical codes to HTTP: one table per protocol, and the headers that go with a refusal. */
@NullMarked
package dev.hearth.endpoints.error;

import org.jspecify.annotations.NullMarked;
