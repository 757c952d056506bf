/** {@code ./hearth bench}: picks a scenario, runs it, writes its reports, and ends with 1 where a service level is missed. */
@NullMarked
package dev.hearth.loadtests;

import org.jspecify.annotations.NullMarked;
