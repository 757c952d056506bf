/** Makes wish into fact: reconciles aspired versions with loaded ones by a pure policy. */
@NullMarked
package dev.hearth.engine.lifecycle;

import org.jspecify.annotations.NullMarked;
