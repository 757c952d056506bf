package dev.hearth.backend.tensorflow;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_CloseSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_LoadSessionFromSavedModel;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetConfig;

import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_SessionOptions;

/**
 * A graph with a session on it, loaded from a SavedModel: variables restored, init op run (the C API does both).
 *
 * <p>Thread rule: {@link #run} from many threads at once; {@link #close} once no run is in progress, more than once is
 * harmless.
 */
final class TfSession implements AutoCloseable {

    private final TF_Graph graph;
    private final TF_Session session;
    private final MetaGraph metaGraph;
    private final Devices devices;
    private final Plans plans;
    private final AtomicBoolean closed = new AtomicBoolean();

    private TfSession(TF_Graph graph, TF_Session session, MetaGraph metaGraph) {
        this.graph = graph;
        this.session = session;
        this.metaGraph = metaGraph;
        this.plans = new Plans(graph);
        this.devices = Devices.of(session);
    }

    /**
     * Loads the MetaGraph with exactly these tags.
     *
     * @param config a serialized {@code ConfigProto}
     * @throws dev.hearth.engine.error.ServingException with TensorFlow's code and text; nothing native is left behind
     */
    @SuppressWarnings("try") // the scope works by being there
    static TfSession load(Path folder, Set<String> tags, byte[] config) {
        TF_SessionOptions options = TF_NewSessionOptions();
        TF_Buffer metaGraphBytes = TF_NewBuffer();
        TF_Graph graph = TF_NewGraph();
        TF_Session session = null;
        TfSession result = null;
        try (PointerScope scope = new PointerScope();
                Status status = new Status()) {
            TF_SetConfig(options, new BytePointer(config), config.length, status.handle());
            status.check();
            session = TF_LoadSessionFromSavedModel(
                    options,
                    null,
                    text(folder.toString()),
                    texts(tags),
                    tags.size(),
                    graph,
                    metaGraphBytes,
                    status.handle());
            status.check();
            result = new TfSession(graph, session, MetaGraph.of(metaGraphBytes));
            return result;
        } finally {
            TF_DeleteSessionOptions(options);
            TF_DeleteBuffer(metaGraphBytes);
            if (result == null) {
                delete(session, graph);
            }
        }
    }

    private static BytePointer text(String value) {
        return new BytePointer(value, StandardCharsets.UTF_8);
    }

    private static PointerPointer<BytePointer> texts(Set<String> values) {
        BytePointer[] all = values.stream().sorted().map(TfSession::text).toArray(BytePointer[]::new);
        return new PointerPointer<>(all);
    }

    MetaGraph metaGraph() {
        return metaGraph;
    }

    Devices devices() {
        return devices;
    }

    Plans plans() {
        return plans;
    }

    List<Tensor> run(RunPlan plan, @Nullable TF_Buffer runOptions, List<Feed> feeds) {
        return plan.run(session, runOptions, feeds);
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        plans.close();
        delete(session, graph);
    }

    private static void delete(@Nullable TF_Session session, TF_Graph graph) {
        if (session != null && !session.isNull()) {
            try (Status status = new Status()) {
                TF_CloseSession(session, status.handle());
                TF_DeleteSession(session, status.handle());
            }
        }
        TF_DeleteGraph(graph);
    }
}
