package dev.hearth.loadtests.report;

/**
 * One service level and whether it was met.
 *
 * @param goal what was wanted
 * @param measured what came out
 */
public record Verdict(String goal, String measured, boolean met) {}
