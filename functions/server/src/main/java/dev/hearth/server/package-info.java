/** The server packaging: flags, ports, gRPC and the backends, around the endpoints every packaging shares. */
@NullMarked
package dev.hearth.server;

import org.jspecify.annotations.NullMarked;
