/** Everything between HTTP and the engine that all packagings share: codecs, resources, health, metrics, configuration. */
@NullMarked
package dev.hearth.endpoints;

import org.jspecify.annotations.NullMarked;
