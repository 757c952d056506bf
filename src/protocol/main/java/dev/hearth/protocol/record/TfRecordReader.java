package dev.hearth.protocol.record;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads an uncompressed TFRecord stream record by record: length (8 bytes, little-endian), masked CRC32C of it, data,
 * masked CRC32C of the data. Owns the stream. Not thread-safe.
 *
 * <p>Memory is taken only for bytes that arrived: a damaged length cannot allocate more than the file has.
 */
public final class TfRecordReader implements Closeable {

    /** The longest record that is read when the caller names no limit: 1 GiB. */
    public static final int DEFAULT_MAX_RECORD_BYTES = 1 << 30;

    private static final int HEADER = 12;
    private static final int FOOTER = 4;

    private final InputStream in;
    private final int maxRecordBytes;
    private long offset;

    public TfRecordReader(InputStream in) {
        this(in, DEFAULT_MAX_RECORD_BYTES);
    }

    public TfRecordReader(InputStream in, int maxRecordBytes) {
        if (maxRecordBytes < 0) {
            throw new IllegalArgumentException("maxRecordBytes " + maxRecordBytes);
        }
        this.in = in;
        this.maxRecordBytes = maxRecordBytes;
    }

    /**
     * The next record, or null at the end of the file. After an exception the reader is of no more use.
     *
     * @throws CorruptRecordException when the file is cut off or a checksum does not match
     * @throws IOException when the stream fails, or the record is longer than the limit
     */
    public byte @Nullable [] next() throws IOException {
        byte[] header = in.readNBytes(HEADER);
        if (header.length == 0) {
            return null;
        }
        if (header.length < HEADER) {
            throw new CorruptRecordException("truncated", offset);
        }
        ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        long length = fields.getLong();
        if (fields.getInt() != MaskedCrc.of(header, 0, Long.BYTES) || length < 0) {
            throw new CorruptRecordException("corrupted", offset);
        }
        if (length > maxRecordBytes) {
            throw new IOException("record at " + offset + " has " + length + " bytes, the limit is " + maxRecordBytes);
        }
        byte[] data = in.readNBytes((int) length);
        byte[] footer = in.readNBytes(FOOTER);
        if (data.length < length || footer.length < FOOTER) {
            throw new CorruptRecordException("truncated", offset);
        }
        int crc = ByteBuffer.wrap(footer).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (crc != MaskedCrc.of(data, 0, data.length)) {
            throw new CorruptRecordException("corrupted", offset);
        }
        offset += HEADER + length + FOOTER;
        return data;
    }

    /** Where the next record begins, in bytes from the start of the file. */
    public long offset() {
        return offset;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
