package dev.hearth.protocol.record;

import dev.hearth.protocol.serving.PredictionLog;
import java.io.Closeable;
import java.io.Flushable;
import java.io.IOException;

/** Writes PredictionLog records; the file can serve as a warm-up file. Owns its file. Not thread-safe. */
public final class PredictionLogWriter implements Closeable, Flushable {

    private final TfRecordWriter records;

    PredictionLogWriter(TfRecordWriter records) {
        this.records = records;
    }

    public void write(PredictionLog log) throws IOException {
        records.write(log.toByteArray());
    }

    @Override
    public void flush() throws IOException {
        records.flush();
    }

    @Override
    public void close() throws IOException {
        records.close();
    }
}
