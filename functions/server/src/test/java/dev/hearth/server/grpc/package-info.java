/** The gRPC services through a real client on the real unified server, over a backend whose answers a test decides. */
@NullMarked
package dev.hearth.server.grpc;

import org.jspecify.annotations.NullMarked;
