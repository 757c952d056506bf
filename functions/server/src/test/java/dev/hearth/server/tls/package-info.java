/** TLS as a user switches it on: real server processes, real certificates, real clients. */
@NullMarked
package dev.hearth.server.tls;

import org.jspecify.annotations.NullMarked;
