package dev.hearth.backend.tensorflow;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.WireFormat;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SignatureDef;

/**
 * What Hearth wants to know of a loaded MetaGraph. Read as a stream: the graph itself, which may hold hundreds of
 * megabytes of constants, is never made into Java objects.
 *
 * @param signatures by name, sorted (the runtime gives them in random order)
 * @param changesVariables whether a run of a signature may change what the next run answers
 * @param compiled whether a part of it is compiled for each shape, whatever the configuration says
 * @param fileOps ops of the graph that read or write files when they run, sorted; no part of restoring
 * @param ranks what must be checked before a run
 */
record MetaGraph(
        Map<String, Signature> signatures,
        boolean changesVariables,
        boolean compiled,
        SortedSet<String> fileOps,
        RankGuard ranks) {

    /** The init op and the like are not requests. */
    private static final String INTERNAL = "__saved_model";

    /** Fields of an entry of any map, as protobuf writes it. */
    static final int MAP_KEY = 1;

    static final int MAP_VALUE = 2;

    static MetaGraph of(TF_Buffer serialized) {
        ByteBuffer bytes =
                new BytePointer(serialized.data()).capacity(serialized.length()).asByteBuffer();
        try {
            return read(CodedInputStream.newInstance(bytes));
        } catch (IOException e) {
            throw new ServingException(ErrorCode.DATA_LOSS, "Cannot parse the MetaGraphDef: " + e.getMessage(), e);
        }
    }

    private static MetaGraph read(CodedInputStream in) throws IOException {
        in.setSizeLimit(Integer.MAX_VALUE);
        Map<String, SignatureDef> defs = new TreeMap<>();
        StatefulOps statefulOps = new StatefulOps();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case MetaGraphDef.SIGNATURE_DEF_FIELD_NUMBER -> readSignature(in, defs);
                case MetaGraphDef.GRAPH_DEF_FIELD_NUMBER -> statefulOps.readGraph(in);
                default -> in.skipField(tag);
            }
        }
        Map<String, Signature> signatures = new TreeMap<>();
        defs.forEach((name, def) -> signatures.put(name, Signatures.of(name, def)));
        return new MetaGraph(
                Collections.unmodifiableMap(signatures),
                statefulOps.changedBy(requestTensors(signatures, Signature::outputs)),
                statefulOps.compiled(),
                statefulOps.found(FileOps::touches),
                statefulOps.uses(RankGuard::abortsOnRank) ? RankGuard.of(signatures.values()) : RankGuard.NONE);
    }

    /** Everything that requests feed and fetch. */
    List<String> requestTensors() {
        List<String> tensors = new ArrayList<>(requestTensors(signatures, Signature::inputs));
        tensors.addAll(requestTensors(signatures, Signature::outputs));
        return tensors;
    }

    private static List<String> requestTensors(
            Map<String, Signature> signatures, Function<Signature, Map<String, TensorSpec>> side) {
        return signatures.values().stream()
                .filter(signature -> !signature.name().startsWith(INTERNAL))
                .flatMap(signature -> side.apply(signature).values().stream())
                .map(TensorSpec::tensorName)
                .toList();
    }

    private static void readSignature(CodedInputStream in, Map<String, SignatureDef> defs) throws IOException {
        int limit = in.pushLimit(in.readRawVarint32());
        String name = "";
        SignatureDef def = SignatureDef.getDefaultInstance();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case MAP_KEY -> name = in.readString();
                case MAP_VALUE -> def = in.readMessage(SignatureDef.parser(), ExtensionRegistryLite.getEmptyRegistry());
                default -> in.skipField(tag);
            }
        }
        in.popLimit(limit);
        defs.put(name, def);
    }
}
