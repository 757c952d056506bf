/**
 * Follows requests with OpenTelemetry: spans for reading, waiting, running and writing, sent over OTLP. Nothing of
 * OpenTelemetry is loaded unless a collector is configured, and then with the first request.
 */
@NullMarked
package dev.hearth.server.trace;

import org.jspecify.annotations.NullMarked;
