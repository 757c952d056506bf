/** The fallback of the server packaging: another Hearth, asked over HTTP behind a circuit breaker. */
@NullMarked
package dev.hearth.server.fallback;

import org.jspecify.annotations.NullMarked;
