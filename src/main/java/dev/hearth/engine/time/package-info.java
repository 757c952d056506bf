/** The only place that reads a clock or waits: ticker, deadlines and delays, each replaceable by hand-moved time. */
@NullMarked
package dev.hearth.engine.time;

import org.jspecify.annotations.NullMarked;
