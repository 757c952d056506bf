/**
 * Looks at the deployment files as a cluster would, without one: every file is parsed with the models of a Java client,
 * overlays are rendered, and what has to agree with the server's keys, paths and meters is compared with them.
 */
@NullMarked
package dev.hearth.deploy;

import org.jspecify.annotations.NullMarked;
