/** Several servers behind a proxy, with the configuration that is deployed: members come and go, callers must not notice. */
@NullMarked
package dev.hearth.loadtests.fleet;

import org.jspecify.annotations.NullMarked;
