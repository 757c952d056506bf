/** What goes wrong in production, one fault a class: done to a real server while others ask it. */
@NullMarked
package dev.hearth.loadtests.chaos;

import org.jspecify.annotations.NullMarked;
