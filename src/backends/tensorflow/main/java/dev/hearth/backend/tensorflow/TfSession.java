package dev.hearth.backend.tensorflow;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_CloseSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteImportGraphDefOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphGetOpDef;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphImportGraphDef;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphToGraphDef;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_LoadSessionFromSavedModel;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewImportGraphDefOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetConfig;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_ImportGraphDefOptions;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_SessionOptions;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.TensorProto;

/**
 * A graph with a session on it, loaded from a SavedModel: variables restored, init op run (the C API does both). Or what
 * {@link #frozen} makes of it.
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
        TF_SessionOptions options = options(config);
        TF_Buffer metaGraphBytes = TF_NewBuffer();
        TF_Graph graph = TF_NewGraph();
        TF_Session session = null;
        TfSession result = null;
        try (PointerScope scope = new PointerScope();
                Status status = new Status()) {
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

    private static TF_SessionOptions options(byte[] config) {
        TF_SessionOptions options = TF_NewSessionOptions();
        try (BytePointer bytes = new BytePointer(config);
                Status status = new Status()) {
            TF_SetConfig(options, bytes, config.length, status.handle());
            status.check();
            return options;
        } catch (RuntimeException | Error e) {
            TF_DeleteSessionOptions(options);
            throw e;
        }
    }

    private static BytePointer text(String value) {
        return new BytePointer(value, StandardCharsets.UTF_8);
    }

    private static PointerPointer<BytePointer> texts(Set<String> values) {
        BytePointer[] all = values.stream().sorted().map(TfSession::text).toArray(BytePointer[]::new);
        return new PointerPointer<>(all);
    }

    /**
     * The same model in a session whose variables are constants, see {@link FrozenGraph}; this one stays as it is.
     *
     * @throws FrozenGraph.Unfit when that cannot be
     */
    TfSession frozen(byte[] config) {
        FrozenGraph frozen = new FrozenGraph(graphDef(), metaGraph.requestTensors());
        Map<String, String> reads = frozen.reads();
        RunRequest request = new RunRequest(List.of(), List.copyOf(reads.values()), Deadline.NONE);
        try (RunPlan plan = new RunPlan(graph, new PlanKey(request))) {
            return plan.run(session, null, List.of(), values -> {
                GraphDef made = frozen.with(byVariable(reads.keySet(), values));
                requireStateless(frozen.ops());
                return ofGraph(made, config);
            });
        }
    }

    private static Map<String, TensorProto> byVariable(Set<String> variables, List<TF_Tensor> values) {
        Map<String, TensorProto> named = new HashMap<>();
        Iterator<TF_Tensor> next = values.iterator();
        variables.forEach(variable -> named.put(variable, NativeTensors.toProto(next.next())));
        return named;
    }

    /** A table must be filled before a run, a dataset begun, and so on; nothing does that for a frozen graph. */
    private void requireStateless(Set<String> ops) {
        for (String op : ops) {
            if (fetched((buffer, status) -> TF_GraphGetOpDef(graph, op, buffer, status), OpDef.parser())
                    .getIsStateful()) {
                throw new FrozenGraph.Unfit("there is a " + op);
            }
        }
    }

    /** The weights never get into Java's heap: they go from one part of native memory to another. */
    private TfSession ofGraph(GraphDef definition, byte[] config) {
        TF_SessionOptions options = options(config);
        TF_ImportGraphDefOptions importing = TF_NewImportGraphDefOptions();
        TF_Graph other = TF_NewGraph();
        TF_Session opened = null;
        TfSession result = null;
        try (BytePointer bytes = serialized(definition);
                Status status = new Status();
                TF_Buffer wrapped = new TF_Buffer().data(bytes).length(bytes.capacity())) {
            TF_GraphImportGraphDef(other, wrapped, importing, status.handle());
            status.check();
            opened = TF_NewSession(other, options, status.handle());
            status.check();
            result = new TfSession(other, opened, metaGraph);
            return result;
        } finally {
            TF_DeleteImportGraphDefOptions(importing);
            TF_DeleteSessionOptions(options);
            if (result == null) {
                delete(opened, other);
            }
        }
    }

    private static BytePointer serialized(GraphDef definition) {
        BytePointer bytes = new BytePointer(definition.getSerializedSize());
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(bytes.asByteBuffer());
            definition.writeTo(out);
            out.flush();
            return bytes;
        } catch (IOException e) {
            bytes.close();
            throw new UncheckedIOException("the size of a graph is known", e);
        }
    }

    private GraphDef graphDef() {
        return fetched((buffer, status) -> TF_GraphToGraphDef(graph, buffer, status), GraphDef.parser());
    }

    private static <T> T fetched(BiConsumer<TF_Buffer, TF_Status> call, Parser<T> parser) {
        TF_Buffer buffer = TF_NewBuffer();
        try (Status status = new Status()) {
            call.accept(buffer, status.handle());
            status.check();
            return parser.parseFrom(
                    new BytePointer(buffer.data()).capacity(buffer.length()).asByteBuffer());
        } catch (InvalidProtocolBufferException e) {
            throw new ServingException(ErrorCode.DATA_LOSS, "Cannot parse what TensorFlow tells: " + e.getMessage(), e);
        } finally {
            TF_DeleteBuffer(buffer);
        }
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
