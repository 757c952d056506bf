package dev.hearth.endpoints.codec.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.util.JsonFormat;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.serving.GetModelMetadataResponse;
import dev.hearth.protocol.serving.GetModelStatusResponse;
import dev.hearth.protocol.serving.ModelVersionStatus;
import dev.hearth.protocol.serving.SignatureDefMap;
import dev.hearth.protocol.serving.StatusProto;
import dev.hearth.protocol.tensorflow.Code;
import dev.hearth.protocol.tensorflow.TensorProto;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SignatureDefsTest {

    private static final ServableId ID = new ServableId("digits", 7);
    private final ObjectMapper json = new ObjectMapper();

    @Test
    void packsTheMapAsTensorFlowServingDoes() throws Exception {
        GetModelMetadataResponse response = SignatureDefs.response(ID, signatures());

        assertThat(response.getModelSpec().getName()).isEqualTo("digits");
        assertThat(response.getModelSpec().getVersion().getValue()).isEqualTo(7);
        assertThat(response.getModelSpec().getSignatureName()).isEmpty();
        assertThat(response.getMetadataOrThrow("signature_def").getTypeUrl())
                .isEqualTo("type.googleapis.com/tensorflow.serving.SignatureDefMap");
        assertThat(response.getMetadataOrThrow("signature_def").unpack(SignatureDefMap.class))
                .isEqualTo(SignatureDefs.toProto(signatures()));
    }

    @Test
    void tellsShapesTypesAndDefaults() {
        var def = SignatureDefs.toProto(signatures()).getSignatureDefOrThrow("serving_default");

        assertThat(def.getMethodName()).isEqualTo(Signature.PREDICT_METHOD);
        assertThat(def.getInputsOrThrow("x").getName()).isEqualTo("serving_default_x:0");
        assertThat(def.getInputsOrThrow("x").getTensorShape().getDim(0).getSize())
                .isEqualTo(-1);
        assertThat(def.getOutputsOrThrow("y").getTensorShape().getUnknownRank()).isTrue();
        assertThat(def.getDefaultsOrThrow("scale").getFloatValList()).containsExactly(2f);
    }

    @Test
    void printsMetadataWithTheDoubledKey() throws Exception {
        JsonNode body = json.readTree(SignatureDefs.metadataJson(ID, signatures()));

        assertThat(body.get("model_spec").toString())
                .isEqualTo("{\"name\":\"digits\",\"version\":\"7\",\"signature_name\":\"\"}");
        JsonNode signature = body.at("/metadata/signature_def/signature_def/serving_default");
        assertThat(signature.get("method_name").textValue()).isEqualTo("tensorflow/serving/predict");
        JsonNode x = signature.at("/inputs/x");
        assertThat(x.get("dtype").textValue()).isEqualTo("DT_FLOAT");
        assertThat(x.get("name").textValue()).isEqualTo("serving_default_x:0");
        assertThat(x.at("/tensor_shape").toString())
                .isEqualTo("{\"dim\":[{\"size\":\"-1\",\"name\":\"\"},{\"size\":\"4\",\"name\":\"\"}],"
                        + "\"unknown_rank\":false}");
        assertThat(signature.at("/outputs/y/tensor_shape/unknown_rank").booleanValue())
                .isTrue();
        assertThat(body.at("/metadata/signature_def/signature_def/__saved_model_init_op/defaults")
                        .toString())
                .isEqualTo("{}");
    }

    @Test
    void printsLikeProtobufsOwnPrinter() throws Exception {
        JsonFormat.Printer twin =
                JsonFormat.printer().preservingProtoFieldNames().alwaysPrintFieldsWithNoPresence();
        TensorProto odd = TensorProto.newBuilder()
                .addFloatVal(Float.NaN)
                .addFloatVal(0.1f)
                .addDoubleVal(Double.NEGATIVE_INFINITY)
                .addUint32Val(-1)
                .addUint64Val(-1)
                .addStringVal(com.google.protobuf.ByteString.copyFrom(new byte[] {-1, -2, 3}))
                .setDtypeValue(999)
                .build();
        for (var message : java.util.List.of(SignatureDefs.toProto(signatures()), odd, status())) {
            assertThat(json.readTree(ProtoJson.print(message))).isEqualTo(json.readTree(twin.print(message)));
        }
    }

    @Test
    void laysOutAsTensorFlowServing() {
        assertThat(ProtoJson.print(status()))
                .isEqualTo(
                        """
                {
                 "model_version_status": [
                  {
                   "version": "123",
                   "state": "AVAILABLE",
                   "status": {
                    "error_code": "OK",
                    "error_message": ""
                   }
                  }
                 ]
                }
                """);
        assertThat(ProtoJson.print(GetModelStatusResponse.getDefaultInstance()))
                .isEqualTo("{\n \"model_version_status\": []\n}\n");
    }

    private static GetModelStatusResponse status() {
        return GetModelStatusResponse.newBuilder()
                .addModelVersionStatus(ModelVersionStatus.newBuilder()
                        .setVersion(123)
                        .setState(ModelVersionStatus.State.AVAILABLE)
                        .setStatus(StatusProto.newBuilder().setErrorCode(Code.OK)))
                .build();
    }

    private static Map<String, Signature> signatures() {
        Map<String, Signature> map = new LinkedHashMap<>();
        map.put(
                "serving_default",
                new Signature(
                        "serving_default",
                        Signature.PREDICT_METHOD,
                        Map.of(
                                "x",
                                new TensorSpec("serving_default_x:0", DataType.FLOAT, Shape.of(-1, 4)),
                                "scale",
                                new TensorSpec("serving_default_scale:0", DataType.FLOAT, Shape.SCALAR)),
                        Map.of("y", new TensorSpec("StatefulPartitionedCall:0", DataType.STRING, Shape.UNKNOWN)),
                        Map.of("scale", Tensor.ofFloats(Shape.SCALAR, 2f))));
        map.put(
                "__saved_model_init_op",
                new Signature(
                        "__saved_model_init_op",
                        "",
                        Map.of(),
                        Map.of("__saved_model_init_op", new TensorSpec("NoOp", DataType.INVALID, Shape.UNKNOWN)),
                        Map.of()));
        return map;
    }
}
