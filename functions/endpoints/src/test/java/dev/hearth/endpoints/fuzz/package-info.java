/** Codecs of requests, fed with damaged samples. */
@NullMarked
package dev.hearth.endpoints.fuzz;

import org.jspecify.annotations.NullMarked;
