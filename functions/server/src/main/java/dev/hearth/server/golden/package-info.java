/** The command that records and checks golden answers of a version, without a server. */
@NullMarked
package dev.hearth.server.golden;

import org.jspecify.annotations.NullMarked;
