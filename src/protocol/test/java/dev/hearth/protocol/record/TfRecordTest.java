package dev.hearth.protocol.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.protocol.Golden;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TfRecordTest {

    private static final byte[] FILE = Golden.bytes("prediction_logs.tfrecord");

    @Test
    void readsAndWritesWhatTensorFlowWrote() throws IOException {
        List<byte[]> records = readAll(FILE);
        assertThat(records).hasSize(7);
        assertThat(records.get(6)).isEmpty();

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TfRecordWriter writer = new TfRecordWriter(out)) {
            for (byte[] record : records) {
                writer.write(record);
            }
        }
        assertThat(out.toByteArray()).isEqualTo(FILE);
    }

    @Test
    void readsAnEmptyFileAsNoRecords() throws IOException {
        assertThat(readAll(new byte[0])).isEmpty();
    }

    @Test
    void noticesEveryCut() throws IOException {
        byte[] two = write(new byte[] {1, 2, 3}, new byte[] {4, 5});
        for (int length = 0; length < two.length; length++) {
            byte[] cut = Arrays.copyOf(two, length);
            if (length == 0 || length == 19) {
                assertThat(readAll(cut)).hasSize(length == 0 ? 0 : 1);
                continue;
            }
            int offset = length < 19 ? 0 : 19;
            assertThatThrownBy(() -> readAll(cut))
                    .as("cut at %d", length)
                    .isInstanceOf(CorruptRecordException.class)
                    .hasMessage("truncated record at " + offset);
        }
    }

    @Test
    void noticesEveryFlippedByte() throws IOException {
        byte[] two = write(new byte[] {1, 2, 3}, new byte[] {4, 5});
        for (int at = 0; at < two.length; at++) {
            byte[] damaged = two.clone();
            damaged[at] ^= 0x40;
            long offset = at < 19 ? 0 : 19;
            assertThatThrownBy(() -> readAll(damaged))
                    .as("byte %d", at)
                    .isInstanceOf(CorruptRecordException.class)
                    .extracting(e -> ((CorruptRecordException) e).offset())
                    .isEqualTo(offset);
        }
    }

    @Test
    void takesNoMemoryForALengthThatTheFileDoesNotHave() {
        assertThatThrownBy(() -> readAll(header(Integer.MAX_VALUE - 100), Integer.MAX_VALUE))
                .isInstanceOf(CorruptRecordException.class)
                .hasMessage("truncated record at 0");
    }

    @Test
    void refusesARecordAboveTheLimit() {
        assertThatThrownBy(() -> readAll(header(1L << 40), 100))
                .isInstanceOf(IOException.class)
                .hasMessage("record at 0 has 1099511627776 bytes, the limit is 100");
    }

    @Test
    void refusesANegativeLength() {
        assertThatThrownBy(() -> readAll(header(-1))).isInstanceOf(CorruptRecordException.class);
    }

    @Test
    void refusesAFileOfAnotherKind() {
        assertThatThrownBy(() -> readAll("model_spec { name: 'x' }".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isInstanceOf(CorruptRecordException.class)
                .hasMessage("corrupted record at 0");
    }

    private static byte[] header(long length) {
        byte[] bytes = new byte[12];
        ByteBuffer buffer =
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
        buffer.putInt(8, MaskedCrc.of(bytes, 0, 8));
        return bytes;
    }

    private static byte[] write(byte[]... records) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TfRecordWriter writer = new TfRecordWriter(out)) {
            for (byte[] record : records) {
                writer.write(record);
            }
        }
        return out.toByteArray();
    }

    private static List<byte[]> readAll(byte[] file) throws IOException {
        return readAll(file, TfRecordReader.DEFAULT_MAX_RECORD_BYTES);
    }

    private static List<byte[]> readAll(byte[] file, int limit) throws IOException {
        List<byte[]> records = new ArrayList<>();
        try (TfRecordReader reader = new TfRecordReader(new ByteArrayInputStream(file), limit)) {
            for (byte[] record = reader.next(); record != null; record = reader.next()) {
                records.add(record);
            }
        }
        return records;
    }
}
