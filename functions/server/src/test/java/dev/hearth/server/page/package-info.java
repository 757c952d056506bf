/** The live page in a real browser, where there is one. */
@NullMarked
package dev.hearth.server.page;

import org.jspecify.annotations.NullMarked;
