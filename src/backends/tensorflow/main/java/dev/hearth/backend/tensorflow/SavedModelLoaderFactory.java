package dev.hearth.backend.tensorflow;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.time.Ticker;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The backend's entry: version folders that hold a SavedModel.
 *
 * <p>TensorFlow's libraries are looked for on {@code java.library.path} with JavaCPP's {@code pathsFirst}; they are
 * loaded by the first {@link Loader#load()}. The process must run with {@code -Dorg.bytedeco.javacpp.nopointergc=true}.
 */
public final class SavedModelLoaderFactory implements LoaderFactory {

    private final TensorFlowOptions options;
    private final Ticker ticker;

    public SavedModelLoaderFactory(TensorFlowOptions options) {
        this(options, Ticker.system());
    }

    SavedModelLoaderFactory(TensorFlowOptions options, Ticker ticker) {
        this.options = options;
        this.ticker = ticker;
    }

    @Override
    public String name() {
        return "tensorflow";
    }

    @Override
    public boolean recognises(Path versionFolder) {
        return Files.exists(versionFolder.resolve(SavedModelFolder.BINARY))
                || Files.exists(versionFolder.resolve(SavedModelFolder.TEXT));
    }

    @Override
    public void loadLibraries() {
        NativeLibrary.requireLoaded();
    }

    @Override
    public Loader loader(ServableId id, Path versionFolder) {
        return new SavedModelLoader(id, new SavedModelFolder(versionFolder), options, ticker);
    }
}
