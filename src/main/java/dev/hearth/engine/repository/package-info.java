/** Says what exists: model folders and the version policy that chooses which versions are wanted. */
@NullMarked
package dev.hearth.engine.repository;

import org.jspecify.annotations.NullMarked;
