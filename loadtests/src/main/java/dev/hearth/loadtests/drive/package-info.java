/**
 * Sends load and measures the answers. One event loop does everything: arrivals, both clients and the histograms, so
 * that the driver takes little of the cores it shares with the server, and nothing in here needs a lock. Latency counts
 * from the moment a request was meant to be sent.
 */
@NullMarked
package dev.hearth.loadtests.drive;

import org.jspecify.annotations.NullMarked;
