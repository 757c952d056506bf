/** The REST side and the functions through real HTTP, as every packaging must have them and within this one's limits. */
@NullMarked
package dev.hearth.server.rest;

import org.jspecify.annotations.NullMarked;
