/** Names, versions and signatures of models: plain values shared by every other package. */
@NullMarked
package dev.hearth.engine.model;

import org.jspecify.annotations.NullMarked;
