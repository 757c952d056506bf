package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Loader;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.session.SessionPool;
import dev.hearth.engine.time.Ticker;
import java.nio.file.Path;
import java.util.List;
import org.jboss.logging.Logger;

/** Loads one version: as many sessions as pay, on all devices, behind one pool. */
final class SavedModelLoader implements Loader {

    private static final Logger LOG = Logger.getLogger(SavedModelLoader.class);

    private final ServableId id;
    private final SavedModelFolder folder;
    private final TensorFlowOptions options;
    private final Ticker ticker;

    SavedModelLoader(ServableId id, SavedModelFolder folder, TensorFlowOptions options, Ticker ticker) {
        this.id = id;
        this.folder = folder;
        this.options = options;
        this.ticker = ticker;
    }

    /** TensorFlow Serving's 1.2 times the bytes on disk, for each copy. */
    @Override
    public ResourceEstimate estimate() {
        long onDisk = folder.allBytes();
        long copies = Copies.upTo(options, folder.modelBytes());
        return new ResourceEstimate((onDisk + folder.modelBytes() * (copies - 1)) * 12 / 10, 0);
    }

    @Override
    public Servable load() {
        folder.requireSavedModel();
        NativeLibrary.requireLoaded();
        byte[] config = SessionConfig.of(options);
        TfSession first = open(config);
        try {
            tellFileOps(first.metaGraph());
            first.devices().requireGpuIf(options.gpu().required());
            Copies copies = Copies.of(options, folder.modelBytes(), first);
            List<String> devices = folder.isBinary()
                    ? first.devices().spread()
                    : first.devices().spread().subList(0, 1);
            DeviceSpread spread = new DeviceSpread(
                    devices, first, device -> device.equals(devices.get(0)) ? open(config) : openOn(device, config));
            SessionPool<TfSession> pool = new SessionPool<>(
                    id.toString(), copies.sessions(), copies.runsPerSession(), spread, spread::close, ticker);
            return new SavedModelServable(
                    first.metaGraph(),
                    spread,
                    estimate(),
                    pool,
                    new RunStyle(options.inlineRuns(), ticker),
                    first.metaGraph().compiled() || SessionConfig.compilesShapes(config));
        } catch (RuntimeException e) {
            first.close();
            throw ServingException.from(e);
        }
    }

    @Override
    public boolean startsThreads() {
        return SessionConfig.startsThreads(SessionConfig.of(options));
    }

    /** A model is a program; this is what it may do besides computing. */
    private void tellFileOps(MetaGraph graph) {
        if (!graph.fileOps().isEmpty()) {
            LOG.warnf(
                    "The graph of %s has ops that touch the file system with the server's rights: %s",
                    id, String.join(", ", graph.fileOps()));
        }
    }

    private TfSession openOn(String device, byte[] config) {
        try (PinnedModel pinned = PinnedModel.of(folder.path(), device)) {
            return open(pinned.path(), config);
        }
    }

    private TfSession open(byte[] config) {
        TfSession session = open(folder.path(), config);
        try {
            return mayFreeze(session, config) ? frozen(session, config) : session;
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    /** Constants are held several times over, by the graph and by what is optimized of it; and what is compiled is optimized already. */
    private boolean mayFreeze(TfSession session, byte[] config) {
        MetaGraph graph = session.metaGraph();
        return folder.modelBytes() <= options.freezeUpToBytes()
                && !graph.changesVariables()
                && !graph.compiled()
                && !SessionConfig.compilesShapes(config)
                && !session.devices().hasGpu();
    }

    /** The one or the other; only that one is open. */
    private TfSession frozen(TfSession session, byte[] config) {
        try {
            TfSession frozen = session.frozen(config);
            session.close();
            return frozen;
        } catch (FrozenGraph.Unfit | ServingException e) {
            LOG.debugf("The variables of %s are no constants: %s", id, e.getMessage());
            return session;
        }
    }

    /** TensorFlow's texts do not always say which file they are about. */
    private TfSession open(Path from, byte[] config) {
        try {
            return TfSession.load(from, options.tags(), config);
        } catch (ServingException e) {
            if (e.getMessage().contains(folder.path().toString())) {
                throw e;
            }
            throw new ServingException(e.code(), e.getMessage() + "\nwhile loading " + folder.path());
        }
    }
}
