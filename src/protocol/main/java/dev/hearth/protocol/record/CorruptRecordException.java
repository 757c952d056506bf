package dev.hearth.protocol.record;

import java.io.IOException;

/** A TFRecord file that is cut off, damaged, or no TFRecord file at all (TensorFlow's DATA_LOSS). */
public final class CorruptRecordException extends IOException {

    private static final long serialVersionUID = 1L;

    private final long offset;

    CorruptRecordException(String problem, long offset) {
        super(problem + " record at " + offset);
        this.offset = offset;
    }

    /** Where the bad record begins, in bytes from the start of the file. */
    public long offset() {
        return offset;
    }
}
