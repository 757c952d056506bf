package dev.hearth.protocol.record;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/** Opens files of PredictionLog records. */
public final class PredictionLogs {

    /** Where a SavedModel keeps its warm-up requests, below the version's folder. */
    public static final String WARMUP_FILE = "assets.extra/tf_serving_warmup_requests";

    private PredictionLogs() {}

    /** The caller closes the reader. */
    public static PredictionLogReader read(Path file) throws IOException {
        return new PredictionLogReader(
                new TfRecordReader(new BufferedInputStream(Files.newInputStream(file), 1 << 16)));
    }

    /** The caller closes the writer; without options a new file replaces an old one. */
    public static PredictionLogWriter write(Path file, OpenOption... options) throws IOException {
        return new PredictionLogWriter(
                new TfRecordWriter(new BufferedOutputStream(Files.newOutputStream(file, options), 1 << 16)));
    }
}
