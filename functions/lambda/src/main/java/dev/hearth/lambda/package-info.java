/**
 * The Lambda packaging: the same functions behind events of Lambda, with TensorFlow Lite as the only backend.
 *
 * <p>{@link dev.hearth.lambda.LambdaHandler} is what Lambda calls. HTTP events (API Gateway v2, Function URLs) go to the REST
 * API by way of Quarkus' HTTP adapter; other events are read by {@link dev.hearth.lambda.DirectInvoke}. Models come with
 * the zip, in a layer, or from S3.
 */
@NullMarked
package dev.hearth.lambda;

import org.jspecify.annotations.NullMarked;
