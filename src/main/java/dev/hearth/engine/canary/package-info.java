/** Trying a candidate version out with a share of the requests, or with copies of them, and going back where it does worse. */
@NullMarked
package dev.hearth.engine.canary;

import org.jspecify.annotations.NullMarked;
