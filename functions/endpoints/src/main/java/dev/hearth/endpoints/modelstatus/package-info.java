/** The model-status function over HTTP: TensorFlow Serving's status and metadata answers, and Hearth's fuller one. */
@NullMarked
package dev.hearth.endpoints.modelstatus;

import org.jspecify.annotations.NullMarked;
