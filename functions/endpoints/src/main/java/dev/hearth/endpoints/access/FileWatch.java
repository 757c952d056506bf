package dev.hearth.endpoints.access;

import dev.hearth.engine.time.DelayScheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Looks at small files now and then and tells when one of them is another. By looking instead of by notices of the system:
 * those do not come for files of orchestrators, which are links that are moved.
 *
 * <p>All watches share one timer thread, on which they also tell: what is told must be quick, as reading a small file is.
 */
public final class FileWatch {

    private static final Logger LOG = Logger.getLogger(FileWatch.class);

    /** Made by the first watch: most servers have none. */
    private static final class Timer {
        static final DelayScheduler SHARED = DelayScheduler.system();
    }

    private record Look(long changed, long size, String key) {}

    private final Duration period;
    private final List<Path> files;
    private final Runnable changed;
    private List<Look> last;

    private FileWatch(Duration period, List<Path> files, Runnable changed) {
        this.period = period;
        this.files = files;
        this.changed = changed;
        this.last = look();
    }

    /**
     * Watches until the process ends.
     *
     * @param period zero = do not watch
     * @param changed told after a change, also when a file has gone
     */
    public static void every(Duration period, List<Path> files, Runnable changed) {
        if (period.compareTo(Duration.ZERO) > 0) {
            new FileWatch(period, files, changed).again();
        }
    }

    private void again() {
        var unused = Timer.SHARED.schedule(this::round, period);
    }

    private void round() {
        try {
            List<Look> now = look();
            if (!now.equals(last)) {
                last = now;
                changed.run();
            }
        } catch (RuntimeException e) {
            LOG.errorf(e, "Looking at %s failed", files);
        } finally {
            again();
        }
    }

    private List<Look> look() {
        return files.stream().map(FileWatch::look).toList();
    }

    private static Look look(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Look(
                    attributes.lastModifiedTime().toMillis(), attributes.size(), String.valueOf(attributes.fileKey()));
        } catch (IOException gone) {
            return new Look(-1, -1, "");
        }
    }
}
