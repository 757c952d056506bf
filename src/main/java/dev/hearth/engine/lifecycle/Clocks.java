package dev.hearth.engine.lifecycle;

import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.time.InstantSource;

/**
 * The times the lifecycle goes by.
 *
 * @param ticker measures durations
 * @param wall dates state changes, for people
 * @param scheduler starts retries and ends waiting; not closed by the lifecycle
 */
record Clocks(Ticker ticker, InstantSource wall, DelayScheduler scheduler) {}
