package dev.hearth.backend.tflite;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.session.SessionPool;
import dev.hearth.engine.time.Ticker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Loads one version: the model once, and an interpreter per run that may go on at once. */
final class TfliteLoader implements Loader {

    private final ServableId id;
    private final Path file;
    private final TfliteOptions options;
    private final Ticker ticker;

    TfliteLoader(ServableId id, Path file, TfliteOptions options, Ticker ticker) {
        this.id = id;
        this.file = file;
        this.options = options;
        this.ticker = ticker;
    }

    /** The file itself, and the weights once more for each interpreter, which packs them its own way. */
    @Override
    public ResourceEstimate estimate() {
        try {
            return new ResourceEstimate(Files.size(file) * (1 + options.interpretersOrCores()) * 12 / 10, 0);
        } catch (IOException e) {
            return ResourceEstimate.NONE;
        }
    }

    @Override
    public Servable load() {
        byte[] bytes = read();
        NativeLibrary.requireLoaded();
        TfliteModel model = TfliteModel.parse(bytes, file.toString());
        try {
            return new TfliteServable(model, pool(model), estimate(), ticker);
        } catch (RuntimeException e) {
            model.release();
            throw ServingException.from(e);
        }
    }

    /** Each interpreter has its own. */
    @Override
    public boolean startsThreads() {
        return options.threadsOrShare() > 1;
    }

    private SessionPool<Interpreter> pool(TfliteModel model) {
        int threads = options.threadsOrShare();
        return new SessionPool<>(
                id.toString(),
                options.interpretersOrCores(),
                1,
                () -> new Interpreter(model, threads, options.floats()),
                Interpreter::close,
                ticker);
    }

    private byte[] read() {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new ServingException(ErrorCode.NOT_FOUND, "There is no TensorFlow Lite model at " + file, e);
        } catch (IOException e) {
            throw new ServingException(ErrorCode.DATA_LOSS, "Cannot read " + file + ": " + e.getMessage(), e);
        }
    }
}
