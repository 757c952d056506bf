/**
 * A small Lambda on this machine: the Runtime API over HTTP, the unpacked zip run by Amazon's runtime client, events made
 * of HTTP requests. Only for tests.
 */
@NullMarked
package dev.hearth.lambda.runtime;

import org.jspecify.annotations.NullMarked;
