/**
 * Who may do what: credentials become a {@code Grant}, requests become a {@code Need}, and {@code AccessControl} is the one
 * place that compares them, whatever way a request comes in. Off unless configured; then nothing of it is on the way.
 */
@NullMarked
package dev.hearth.endpoints.access;

import org.jspecify.annotations.NullMarked;
