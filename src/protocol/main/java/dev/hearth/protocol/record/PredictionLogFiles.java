package dev.hearth.protocol.record;

import dev.hearth.protocol.serving.PredictionLog;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A row of files {@code PREFIX.TIME-N.tfrecord} of PredictionLog records, bounded in bytes. The file that is being
 * written is named {@code ....part}; without that ending a file is complete and can serve as a warm-up file as it is.
 *
 * <p>Records are kept in memory until {@link #flush}. When writing fails, what was not written is lost, and the file
 * ends with the last record that was: no file has half a record in its middle. Not thread-safe; one process to a prefix.
 */
public final class PredictionLogFiles implements Closeable {

    private static final String ENDING = ".tfrecord";
    private static final String PART = ".part";
    private static final int MOST_PENDING = 1 << 20;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss").withZone(ZoneOffset.UTC);

    private final Path folder;
    private final String prefix;
    private final LogFileLimits limits;
    private final Clock clock;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private final TfRecordWriter records = new TfRecordWriter(pending);
    private int pendingRecords;
    private @Nullable Open open;

    /** The file that is being written. */
    private record Open(Path path, FileChannel channel, Instant since) {}

    /**
     * Writes nothing before the first record.
     *
     * @param prefix of the files, with their folder, which is made where there is none
     */
    public PredictionLogFiles(Path prefix, LogFileLimits limits, Clock clock) {
        Path absolute = prefix.toAbsolutePath().normalize();
        Path name = absolute.getFileName();
        Path parent = absolute.getParent();
        if (name == null || parent == null) {
            throw new IllegalArgumentException("The prefix " + prefix + " names no file");
        }
        this.folder = parent;
        this.prefix = name.toString();
        this.limits = limits;
        this.clock = clock;
    }

    /** Records in memory. */
    public int pending() {
        return pendingRecords;
    }

    /**
     * Keeps the record for the next flush, or flushes where much is kept.
     *
     * @return how many records reached the file
     */
    public int write(PredictionLog log) throws IOException {
        records.write(log.toByteArray());
        pendingRecords++;
        return pending.size() >= MOST_PENDING ? flush() : 0;
    }

    /**
     * Brings what is pending into the file, and finishes the file where it is long or old enough; call it now and then
     * when nothing is written, too.
     *
     * @return how many records reached the file
     */
    public int flush() throws IOException {
        int count = pendingRecords;
        if (count > 0) {
            append();
        }
        Open now = open;
        if (now != null
                && (now.channel().position() >= limits.fileBytes()
                        || !clock.instant().isBefore(now.since().plus(limits.filePeriod())))) {
            finish(now);
        }
        return count;
    }

    private void append() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(pending.toByteArray());
        pending.reset();
        pendingRecords = 0;
        Open file = open == null ? begin() : open;
        open = file;
        long good = file.channel().position();
        try {
            while (bytes.hasRemaining()) {
                file.channel().write(bytes);
            }
        } catch (IOException e) {
            // A disk that is full takes a part: without it the file stays readable.
            file.channel().truncate(good);
            finish(file);
            throw e;
        }
    }

    private Open begin() throws IOException {
        Files.createDirectories(folder);
        Instant now = clock.instant();
        for (int number = 1; ; number++) {
            Path path = folder.resolve(prefix + "." + TIME.format(now) + "-" + number + ENDING);
            if (Files.exists(path)) {
                continue;
            }
            try {
                FileChannel channel = FileChannel.open(
                        path.resolveSibling(path.getFileName() + PART),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE);
                return new Open(path, channel, now);
            } catch (FileAlreadyExistsException taken) {
                continue;
            }
        }
    }

    private void finish(Open file) throws IOException {
        open = null;
        Path part = file.path().resolveSibling(file.path().getFileName() + PART);
        boolean empty = file.channel().size() == 0;
        file.channel().close();
        if (empty) {
            Files.deleteIfExists(part);
        } else {
            Files.move(part, file.path());
        }
        trim();
    }

    /** What a process left behind that was killed counts, too. */
    private void trim() throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(folder)) {
            all.filter(this::isOurs).sorted().forEach(files::add);
        }
        long total = 0;
        for (int i = files.size() - 1; i >= 0; i--) {
            total += Files.size(files.get(i));
            if (total > limits.totalBytes()) {
                Files.deleteIfExists(files.get(i));
            }
        }
    }

    private boolean isOurs(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.startsWith(prefix + ".")
                && name.substring(prefix.length() + 1).matches("\\d{8}T\\d{6}-\\d+\\.tfrecord(\\.part)?");
    }

    /** Flushes and finishes the file. */
    @Override
    public void close() throws IOException {
        flush();
        if (open != null) {
            finish(open);
        }
    }
}
