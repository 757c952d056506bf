/** CloudEvents 1.0 over HTTP, binary and structured JSON mode, for functions that are called by brokers and triggers. */
@NullMarked
package dev.hearth.endpoints.cloudevents;

import org.jspecify.annotations.NullMarked;
