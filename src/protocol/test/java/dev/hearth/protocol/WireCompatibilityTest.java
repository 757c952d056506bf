package dev.hearth.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.GetModelMetadataResponse;
import dev.hearth.protocol.serving.GetModelStatusResponse;
import dev.hearth.protocol.serving.ModelConfig;
import dev.hearth.protocol.serving.ModelServerConfig;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.ModelVersionStatus;
import dev.hearth.protocol.serving.MultiInferenceResponse;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictStreamedOptions;
import dev.hearth.protocol.serving.RegressionResponse;
import dev.hearth.protocol.serving.ReloadConfigRequest;
import dev.hearth.protocol.serving.SignatureDefMap;
import dev.hearth.protocol.tensorflow.Code;
import dev.hearth.protocol.tensorflow.ConfigProto;
import dev.hearth.protocol.tensorflow.DataType;
import dev.hearth.protocol.tensorflow.SignatureDef;
import dev.hearth.protocol.tensorflow.TensorProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our schemas against bytes that TensorFlow's own wrote. */
class WireCompatibilityTest {

    record Case(String file, Message prototype) {
        @Override
        public String toString() {
            return file;
        }
    }

    static List<Case> cases() {
        return List.of(
                new Case("predict_request.pb", PredictRequest.getDefaultInstance()),
                new Case("predict_request_label.pb", PredictRequest.getDefaultInstance()),
                new Case("reload_request.pb", ReloadConfigRequest.getDefaultInstance()),
                new Case("model_server_config.pb", ModelServerConfig.getDefaultInstance()),
                new Case("classification_response.pb", ClassificationResponse.getDefaultInstance()),
                new Case("regression_response.pb", RegressionResponse.getDefaultInstance()),
                new Case("multi_inference_response.pb", MultiInferenceResponse.getDefaultInstance()),
                new Case("model_status_response.pb", GetModelStatusResponse.getDefaultInstance()),
                new Case("model_metadata_response.pb", GetModelMetadataResponse.getDefaultInstance()),
                new Case("session_config.pb", ConfigProto.getDefaultInstance()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void readsAndWritesTheSameBytes(Case golden) throws IOException {
        byte[] bytes = Golden.bytes(golden.file());
        Message message = golden.prototype().getParserForType().parseFrom(bytes);

        assertThat(message.getUnknownFields().asMap()).isEmpty();
        assertThat(deterministic(message)).isEqualTo(bytes);
    }

    @Test
    void readsEveryTypedFieldOfATensor() throws InvalidProtocolBufferException {
        PredictRequest request = PredictRequest.parseFrom(Golden.bytes("predict_request.pb"));

        assertThat(request.getModelSpec().getName()).isEqualTo("digits");
        assertThat(request.getModelSpec().getVersion().getValue()).isEqualTo(42);
        assertThat(request.getModelSpec().getVersionChoiceCase()).isEqualTo(ModelSpec.VersionChoiceCase.VERSION);
        assertThat(request.getOutputFilterList()).containsExactly("scores", "classes");
        assertThat(request.getPredictStreamedOptions().getRequestState())
                .isEqualTo(PredictStreamedOptions.RequestState.END_SPLIT);
        assertThat(request.getClientId().toStringUtf8()).isEqualTo("client");
        Map<String, TensorProto> inputs = request.getInputsMap();
        assertThat(inputs).hasSize(17);
        assertThat(inputs.get("half").getHalfValList()).containsExactly(15360, 49152);
        assertThat(inputs.get("bfloat16").getDtype()).isEqualTo(DataType.DT_BFLOAT16);
        assertThat(inputs.get("float").getFloatValList()).containsExactly(1.5f, -2f, 0.1f, Float.POSITIVE_INFINITY);
        assertThat(inputs.get("float").getTensorShape().getDimList()).hasSize(2);
        assertThat(inputs.get("double").getDoubleValList()).containsExactly(1e300, -0.1);
        assertThat(inputs.get("int32").getIntValList()).containsExactly(-1, Integer.MAX_VALUE);
        assertThat(inputs.get("int16").getIntValList()).containsExactly(-32768);
        assertThat(inputs.get("uint16").getIntValList()).containsExactly(65535);
        assertThat(inputs.get("string").getStringValList())
                .containsExactly(ByteString.copyFromUtf8("caf\u00e9"), ByteString.copyFrom(new byte[] {0, -1}));
        assertThat(inputs.get("complex64").getScomplexValList()).containsExactly(1f, -2f);
        assertThat(inputs.get("complex128").getDcomplexValList()).containsExactly(1.0, -2.0);
        assertThat(inputs.get("int64").getInt64ValList()).containsExactly(Long.MIN_VALUE, Long.MAX_VALUE);
        assertThat(inputs.get("bool").getBoolValList()).containsExactly(true, false);
        assertThat(inputs.get("uint32").getUint32ValList()).containsExactly(-1);
        assertThat(inputs.get("uint64").getUint64ValList()).containsExactly(-1L);
        assertThat(inputs.get("content").getTensorContent().size()).isEqualTo(8);
    }

    @Test
    void readsAReloadRequest() throws InvalidProtocolBufferException {
        ReloadConfigRequest request = ReloadConfigRequest.parseFrom(Golden.bytes("reload_request.pb"));

        List<ModelConfig> models = request.getConfig().getModelConfigList().getConfigList();
        assertThat(models).extracting(ModelConfig::getName).containsExactly("a", "b", "c");
        assertThat(models.get(0).getModelVersionPolicy().getSpecific().getVersionsList())
                .containsExactly(42L, 43L);
        assertThat(models.get(0).getVersionLabelsMap()).containsExactly(entry("stable", 42L));
        assertThat(models.get(1).getModelVersionPolicy().getLatest().getNumVersions())
                .isEqualTo(2);
        assertThat(models.get(2).getModelVersionPolicy().hasAll()).isTrue();
        assertThat(request.getMetricNamesList()).containsExactly("/tensorflow/serving/request_count");
    }

    @Test
    void readsStatesErrorsAndMetadata() throws InvalidProtocolBufferException {
        GetModelStatusResponse status = GetModelStatusResponse.parseFrom(Golden.bytes("model_status_response.pb"));
        assertThat(status.getModelVersionStatus(0).getState()).isEqualTo(ModelVersionStatus.State.AVAILABLE);
        assertThat(status.getModelVersionStatus(1).getStatus().getErrorCode()).isEqualTo(Code.NOT_FOUND);

        GetModelMetadataResponse metadata =
                GetModelMetadataResponse.parseFrom(Golden.bytes("model_metadata_response.pb"));
        SignatureDefMap map = metadata.getMetadataOrThrow("signature_def").unpack(SignatureDefMap.class);
        SignatureDef signature = map.getSignatureDefOrThrow("serving_default");
        assertThat(signature.getInputsOrThrow("x").getTensorShape().getDim(0).getSize())
                .isEqualTo(-1);
        assertThat(signature.getOutputsOrThrow("y").getTensorShape().getUnknownRank())
                .isTrue();
        assertThat(signature.getDefaultsMap()).containsOnlyKeys("x");
    }

    private static byte[] deterministic(Message message) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CodedOutputStream coded = CodedOutputStream.newInstance(out);
        coded.useDeterministicSerialization();
        message.writeTo(coded);
        coded.flush();
        return out.toByteArray();
    }
}
