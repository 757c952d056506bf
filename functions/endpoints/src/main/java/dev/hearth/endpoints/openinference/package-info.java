/**
 * The Open Inference Protocol, version 2, with the extensions of Triton Inference Server that its clients use: what the
 * protocol's calls mean, its forms of tensors, and the REST side. {@code functions/server} adds the gRPC side. All of it
 * is a way to write and read requests; the engine behind is the one of every other endpoint.
 */
@NullMarked
package dev.hearth.endpoints.openinference;

import org.jspecify.annotations.NullMarked;
