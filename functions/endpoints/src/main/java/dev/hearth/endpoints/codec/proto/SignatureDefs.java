package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.Any;
import com.google.protobuf.Int64Value;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.protocol.serving.GetModelMetadataResponse;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.SignatureDefMap;
import dev.hearth.protocol.tensorflow.SignatureDef;
import dev.hearth.protocol.tensorflow.TensorInfo;
import java.util.Map;

/** A model's signatures as the answer to GetModelMetadata, as message and as JSON. Stateless and thread-safe. */
public final class SignatureDefs {

    /** The one metadata field there is. */
    public static final String FIELD = "signature_def";

    private SignatureDefs() {}

    public static SignatureDefMap toProto(Map<String, Signature> signatures) {
        SignatureDefMap.Builder map = SignatureDefMap.newBuilder();
        signatures.forEach((name, signature) -> map.putSignatureDef(name, signatureDef(signature)));
        return map.build();
    }

    /** The gRPC answer: the map packed as {@code type.googleapis.com/tensorflow.serving.SignatureDefMap}. */
    public static GetModelMetadataResponse response(ServableId id, Map<String, Signature> signatures) {
        return GetModelMetadataResponse.newBuilder()
                .setModelSpec(modelSpec(id))
                .putMetadata(FIELD, Any.pack(toProto(signatures)))
                .build();
    }

    /** The REST answer, where {@code signature_def} stands twice, once for the field and once for the map. */
    public static String metadataJson(ServableId id, Map<String, Signature> signatures) {
        SignatureDefMap map = toProto(signatures);
        return ProtoJson.print(json -> {
            json.writeStartObject();
            json.writeFieldName("model_spec");
            ProtoJson.write(json, modelSpec(id));
            json.writeObjectFieldStart("metadata");
            json.writeFieldName(FIELD);
            ProtoJson.write(json, map);
            json.writeEndObject();
            json.writeEndObject();
        });
    }

    /** Name and version only: metadata belongs to no signature. */
    private static ModelSpec modelSpec(ServableId id) {
        return ModelSpec.newBuilder()
                .setName(id.name().value())
                .setVersion(Int64Value.of(id.version()))
                .build();
    }

    private static SignatureDef signatureDef(Signature signature) {
        SignatureDef.Builder def = SignatureDef.newBuilder().setMethodName(signature.methodName());
        signature.inputs().forEach((alias, spec) -> def.putInputs(alias, tensorInfo(spec)));
        signature.outputs().forEach((alias, spec) -> def.putOutputs(alias, tensorInfo(spec)));
        signature
                .defaults()
                .forEach((alias, tensor) ->
                        def.putDefaults(alias, TensorProtoWriter.write(tensor, TensorEncoding.TYPED_FIELDS)));
        return def.build();
    }

    private static TensorInfo tensorInfo(TensorSpec spec) {
        return TensorInfo.newBuilder()
                .setName(spec.tensorName())
                .setDtypeValue(spec.type().number())
                .setTensorShape(Shapes.toProto(spec.shape()))
                .build();
    }
}
