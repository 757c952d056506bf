package dev.hearth.backend.tflite;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.time.Ticker;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The backend's entry: version folders with a {@code model.tflite}.
 *
 * <p>Built-in operators only: no Flex (TensorFlow) operators, no custom ones. The library is looked for on {@code
 * java.library.path} with JavaCPP's {@code pathsFirst} and loaded by the first {@link Loader#load()}.
 */
public final class TfliteLoaderFactory implements LoaderFactory {

    static final String FILE = "model.tflite";

    private final TfliteOptions options;

    public TfliteLoaderFactory(TfliteOptions options) {
        this.options = options;
    }

    @Override
    public String name() {
        return "tflite";
    }

    @Override
    public boolean recognises(Path versionFolder) {
        return Files.exists(versionFolder.resolve(FILE));
    }

    @Override
    public void loadLibraries() {
        NativeLibrary.requireLoaded();
    }

    @Override
    public Loader loader(ServableId id, Path versionFolder) {
        return new TfliteLoader(id, versionFolder.resolve(FILE), options, Ticker.system());
    }
}
