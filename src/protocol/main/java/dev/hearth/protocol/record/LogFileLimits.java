package dev.hearth.protocol.record;

import java.time.Duration;

/**
 * How large and how old files of logged requests get.
 *
 * @param fileBytes from which on a file is finished and the next one begun
 * @param filePeriod after which a file is finished, however short
 * @param totalBytes of all files of one prefix; the oldest go
 */
public record LogFileLimits(long fileBytes, Duration filePeriod, long totalBytes) {

    public LogFileLimits {
        if (fileBytes < 1 || totalBytes < fileBytes || filePeriod.isNegative() || filePeriod.isZero()) {
            throw new IllegalArgumentException("Files of " + fileBytes + " bytes and " + filePeriod + ", " + totalBytes
                    + " bytes together: each must be positive, and one file must fit into the whole");
        }
    }
}
