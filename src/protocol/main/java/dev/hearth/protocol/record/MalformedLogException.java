package dev.hearth.protocol.record;

import java.io.IOException;

/** An intact TFRecord whose bytes are no PredictionLog. */
public final class MalformedLogException extends IOException {

    private static final long serialVersionUID = 1L;

    private final long index;

    MalformedLogException(long index, long offset, Throwable cause) {
        super("record " + index + " at " + offset + " is not a PredictionLog: " + cause.getMessage(), cause);
        this.index = index;
    }

    /** Which record, counted from 0. */
    public long index() {
        return index;
    }
}
