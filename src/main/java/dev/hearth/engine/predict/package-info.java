/** From a request to an answer: signature checks, batching, splitting, and the classify and regress views. */
@NullMarked
package dev.hearth.engine.predict;

import org.jspecify.annotations.NullMarked;
