/**
 * TensorFlow Serving's gRPC services, and grpc.health.v1, over the engine. Each unary method is described once
 * ({@link dev.hearth.server.grpc.UnaryMethod}) and served by {@link dev.hearth.server.grpc.UnaryRoute} on every port;
 * Quarkus' own gRPC server, which the same descriptions are bound to, adds reflection and answers what is unknown.
 */
@NullMarked
package dev.hearth.server.grpc;

import org.jspecify.annotations.NullMarked;
