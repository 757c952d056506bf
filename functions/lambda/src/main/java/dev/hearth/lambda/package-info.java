/**
 * The Lambda packaging: the same functions behind API Gateway events, with TensorFlow Lite as the only backend.
 *
 * <p>So far it builds, is tested, and serves {@code .tflite} models through the HTTP event adapter; priming for SnapStart, models from
 * object storage, the deployment template and the size limit of payloads are not here yet.
 */
@NullMarked
package dev.hearth.lambda;

import org.jspecify.annotations.NullMarked;
