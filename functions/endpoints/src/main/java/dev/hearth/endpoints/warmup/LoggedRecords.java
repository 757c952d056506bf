package dev.hearth.endpoints.warmup;

import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.record.PredictionLogReader;
import dev.hearth.protocol.record.PredictionLogs;
import dev.hearth.protocol.serving.PredictionLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the records of a file of PredictionLog hold, one after the other; those that hold nothing are passed over. Owns the
 * file. Not thread-safe.
 */
public abstract class LoggedRecords<T> implements Iterator<T>, AutoCloseable {

    private final Path file;
    private final PredictionLogReader reader;
    private final Function<PredictionLog, @Nullable T> content;
    private final Function<IOException, ServingException> unreadable;
    private @Nullable T next;

    /**
     * @param content of a record; null for one that holds nothing
     * @param unreadable what is thrown for a record that cannot be read
     */
    protected LoggedRecords(
            Path file, Function<PredictionLog, @Nullable T> content, Function<IOException, ServingException> unreadable)
            throws IOException {
        this.file = file;
        this.content = content;
        this.unreadable = unreadable;
        this.reader = PredictionLogs.read(file);
    }

    /** The file, for texts. */
    public final String location() {
        return file.toString();
    }

    @Override
    public final boolean hasNext() {
        while (next == null) {
            PredictionLog log = read();
            if (log == null) {
                return false;
            }
            next = content.apply(log);
        }
        return true;
    }

    @Override
    public final T next() {
        T record = hasNext() ? next : null;
        if (record == null) {
            throw new NoSuchElementException();
        }
        next = null;
        return record;
    }

    private @Nullable PredictionLog read() {
        try {
            return reader.next();
        } catch (IOException e) {
            throw unreadable.apply(e);
        }
    }

    @Override
    public final void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
