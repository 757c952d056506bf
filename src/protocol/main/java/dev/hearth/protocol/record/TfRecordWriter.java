package dev.hearth.protocol.record;

import java.io.Closeable;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes an uncompressed TFRecord stream. Owns the stream, which should be buffered. Not thread-safe. */
public final class TfRecordWriter implements Closeable, Flushable {

    private final OutputStream out;
    private final ByteBuffer header = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer footer = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);

    public TfRecordWriter(OutputStream out) {
        this.out = out;
    }

    public void write(byte[] data) throws IOException {
        header.putLong(0, data.length).putInt(8, MaskedCrc.of(header.array(), 0, Long.BYTES));
        footer.putInt(0, MaskedCrc.of(data, 0, data.length));
        out.write(header.array());
        out.write(data);
        out.write(footer.array());
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
