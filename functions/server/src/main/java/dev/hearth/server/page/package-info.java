/** The live page at {@code /} and the figures that it asks for. Its files lie beside these classes; nothing is fetched from elsewhere. */
@NullMarked
package dev.hearth.server.page;

import org.jspecify.annotations.NullMarked;
