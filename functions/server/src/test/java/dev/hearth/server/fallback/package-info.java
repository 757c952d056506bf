/** The fallback: its guard against a local HTTP server, and all of it between real server processes. */
@NullMarked
package dev.hearth.server.fallback;

import org.jspecify.annotations.NullMarked;
