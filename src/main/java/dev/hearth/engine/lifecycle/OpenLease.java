package dev.hearth.engine.lifecycle;

import dev.hearth.engine.model.ServableId;
import java.time.Duration;

/**
 * A lease that has not ended, for leak reports.
 *
 * @param holder name of the thread that took it
 * @param age since it was taken
 */
public record OpenLease(ServableId id, String holder, Duration age) {}
