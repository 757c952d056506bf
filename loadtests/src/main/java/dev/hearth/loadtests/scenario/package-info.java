/** The scenarios: each starts its own servers, drives them, and compares what it saw with service levels. */
@NullMarked
package dev.hearth.loadtests.scenario;

import org.jspecify.annotations.NullMarked;
