package dev.hearth.protocol.record;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.protocol.serving.PredictionLog;
import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads PredictionLog records one after the other. Owns its file. Not thread-safe. */
public final class PredictionLogReader implements Closeable {

    private final TfRecordReader records;
    private long count;

    PredictionLogReader(TfRecordReader records) {
        this.records = records;
    }

    /**
     * The next record, or null at the end of the file.
     *
     * @throws CorruptRecordException when the file is no TFRecord file or is damaged
     * @throws MalformedLogException when a record's bytes are no PredictionLog
     */
    public @Nullable PredictionLog next() throws IOException {
        long offset = records.offset();
        byte[] data = records.next();
        if (data == null) {
            return null;
        }
        try {
            PredictionLog log = PredictionLog.parseFrom(data);
            count++;
            return log;
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedLogException(count, offset, e);
        }
    }

    /** How many records were read. */
    public long count() {
        return count;
    }

    @Override
    public void close() throws IOException {
        records.close();
    }
}
