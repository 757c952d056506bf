/** What requests leave to be done after them, by a thread that is no request's: lines of logs, spans of traces. */
@NullMarked
package dev.hearth.server.backlog;

import org.jspecify.annotations.NullMarked;
