package dev.hearth.engine.residency;

import java.time.Duration;

/**
 * What is known of a model that is loaded on demand.
 *
 * @param wanted whether it is loaded, or being loaded
 * @param idle time since it was asked for last; zero where it never was
 * @param held requests that wait for it now
 * @param loads how often it was asked to be loaded
 * @param evictions how often it was asked to leave
 */
public record Residency(LazyOptions options, boolean wanted, Duration idle, int held, long loads, long evictions) {}
