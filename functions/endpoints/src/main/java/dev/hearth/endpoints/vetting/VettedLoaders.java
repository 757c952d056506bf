package dev.hearth.endpoints.vetting;

import dev.hearth.endpoints.config.SecurityConfig;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.Servable;
import java.nio.file.Path;
import java.util.List;

/** A backend that opens only folders that keep the rules. */
public final class VettedLoaders implements LoaderFactory {

    private final LoaderFactory backend;
    private final FolderRules rules;

    private VettedLoaders(LoaderFactory backend, FolderRules rules) {
        this.backend = backend;
        this.rules = rules;
    }

    /** All backends, with the rules of the configuration. */
    public static List<LoaderFactory> of(List<LoaderFactory> backends, SecurityConfig config) {
        FolderRules rules = new FolderRules(
                config.modelRoots().orElse(List.of()).stream().map(Path::of).toList(),
                config.followLinks(),
                config.digestsFile().map(Path::of));
        return backends.stream()
                .<LoaderFactory>map(backend -> new VettedLoaders(backend, rules))
                .toList();
    }

    @Override
    public String name() {
        return backend.name();
    }

    @Override
    public boolean recognises(Path versionFolder) {
        return backend.recognises(versionFolder);
    }

    @Override
    public void loadLibraries() {
        backend.loadLibraries();
    }

    @Override
    public Loader loader(ServableId id, Path versionFolder) {
        Loader loader = backend.loader(id, versionFolder);
        return new Loader() {
            @Override
            public ResourceEstimate estimate() {
                return loader.estimate();
            }

            @Override
            public Servable load() {
                rules.check(id, versionFolder);
                return loader.load();
            }

            @Override
            public boolean startsThreads() {
                return loader.startsThreads();
            }
        };
    }
}
