package dev.hearth.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.hearth.protocol.serving.BatchingParameters;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.ExampleListWithContext;
import dev.hearth.protocol.serving.GetModelMetadataRequest;
import dev.hearth.protocol.serving.GetModelMetadataResponse;
import dev.hearth.protocol.serving.GetModelStatusRequest;
import dev.hearth.protocol.serving.GetModelStatusResponse;
import dev.hearth.protocol.serving.InferenceResult;
import dev.hearth.protocol.serving.InferenceTask;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.Metric;
import dev.hearth.protocol.serving.ModelServiceSchema;
import dev.hearth.protocol.serving.ModelSpec;
import dev.hearth.protocol.serving.ModelVersionStatus;
import dev.hearth.protocol.serving.MultiInferenceRequest;
import dev.hearth.protocol.serving.MultiInferenceResponse;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.serving.PredictionLog;
import dev.hearth.protocol.serving.PredictionServiceSchema;
import dev.hearth.protocol.serving.RegressionRequest;
import dev.hearth.protocol.serving.RegressionResponse;
import dev.hearth.protocol.serving.ReloadConfigRequest;
import dev.hearth.protocol.serving.ReloadConfigResponse;
import dev.hearth.protocol.serving.StatusProto;
import dev.hearth.protocol.tensorflow.DataType;
import dev.hearth.protocol.tensorflow.SignatureDef;
import dev.hearth.protocol.tensorflow.TensorInfo;
import dev.hearth.protocol.tensorflow.TensorProto;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Names and numbers that clients depend on, written down a second time. */
class SchemaTest {

    record Expected(Descriptor message, String name, String fields) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Expected> messages() {
        return List.of(
                serving(ModelSpec.getDescriptor(), "ModelSpec", "name=1 version=2 signature_name=3 version_label=4"),
                serving(
                        PredictRequest.getDescriptor(),
                        "PredictRequest",
                        "model_spec=1 inputs=2 output_filter=3 predict_streamed_options=5 client_id=6"
                                + " request_options=7"),
                serving(PredictResponse.getDescriptor(), "PredictResponse", "outputs=1 model_spec=2"),
                serving(ClassificationRequest.getDescriptor(), "ClassificationRequest", "model_spec=1 input=2"),
                serving(ClassificationResponse.getDescriptor(), "ClassificationResponse", "result=1 model_spec=2"),
                serving(RegressionRequest.getDescriptor(), "RegressionRequest", "model_spec=1 input=2"),
                serving(RegressionResponse.getDescriptor(), "RegressionResponse", "result=1 model_spec=2"),
                serving(Input.getDescriptor(), "Input", "example_list=1 example_list_with_context=2"),
                serving(ExampleListWithContext.getDescriptor(), "ExampleListWithContext", "examples=1 context=2"),
                serving(MultiInferenceRequest.getDescriptor(), "MultiInferenceRequest", "tasks=1 input=2"),
                serving(InferenceTask.getDescriptor(), "InferenceTask", "model_spec=1 method_name=2"),
                serving(MultiInferenceResponse.getDescriptor(), "MultiInferenceResponse", "results=1"),
                serving(
                        InferenceResult.getDescriptor(),
                        "InferenceResult",
                        "model_spec=1 classification_result=2 regression_result=3"),
                serving(
                        GetModelMetadataRequest.getDescriptor(),
                        "GetModelMetadataRequest",
                        "model_spec=1 metadata_field=2"),
                serving(
                        GetModelMetadataResponse.getDescriptor(),
                        "GetModelMetadataResponse",
                        "model_spec=1 metadata=2"),
                serving(GetModelStatusRequest.getDescriptor(), "GetModelStatusRequest", "model_spec=1"),
                serving(GetModelStatusResponse.getDescriptor(), "GetModelStatusResponse", "model_version_status=1"),
                serving(ModelVersionStatus.getDescriptor(), "ModelVersionStatus", "version=1 state=2 status=3"),
                serving(StatusProto.getDescriptor(), "StatusProto", "error_code=1 error_message=2"),
                serving(ReloadConfigRequest.getDescriptor(), "ReloadConfigRequest", "config=1 metric_names=2"),
                serving(ReloadConfigResponse.getDescriptor(), "ReloadConfigResponse", "status=1 metric=2"),
                serving(Metric.getDescriptor(), "Metric", "name=1 int64_value_increase=2"),
                serving(
                        PredictionLog.getDescriptor(),
                        "PredictionLog",
                        "log_metadata=1 classify_log=2 regress_log=3 multi_inference_log=4 session_run_log=5"
                                + " predict_log=6 predict_streamed_log=7"),
                serving(
                        BatchingParameters.getDescriptor(),
                        "BatchingParameters",
                        "max_batch_size=1 batch_timeout_micros=2 max_enqueued_batches=3 num_batch_threads=4"
                                + " thread_pool_name=5 allowed_batch_sizes=6 pad_variable_length_inputs=7"
                                + " enable_large_batch_splitting=8 max_execution_batch_size=9"),
                tensorflow(SignatureDef.getDescriptor(), "SignatureDef", "inputs=1 outputs=2 method_name=3 defaults=4"),
                tensorflow(
                        TensorInfo.getDescriptor(),
                        "TensorInfo",
                        "name=1 dtype=2 tensor_shape=3 coo_sparse=4 composite_tensor=5"),
                tensorflow(
                        TensorProto.getDescriptor(),
                        "TensorProto",
                        "dtype=1 tensor_shape=2 version_number=3 tensor_content=4 float_val=5 double_val=6 int_val=7"
                                + " string_val=8 scomplex_val=9 int64_val=10 bool_val=11 dcomplex_val=12 half_val=13"
                                + " resource_handle_val=14 variant_val=15 uint32_val=16 uint64_val=17 float8_val=18"));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void messageHasTheFieldsThatClientsKnow(Expected expected) {
        assertThat(expected.message().getFullName()).isEqualTo(expected.name());
        Map<Integer, FieldDescriptor> fields = new TreeMap<>();
        expected.message().getFields().forEach(field -> fields.put(field.getNumber(), field));
        assertThat(fields.values().stream()
                        .map(field -> field.getName() + "=" + field.getNumber())
                        .collect(Collectors.joining(" ")))
                .isEqualTo(expected.fields());
    }

    @Test
    void statesAndTypesHaveTheirNumbers() {
        assertThat(numbers(ModelVersionStatus.State.getDescriptor().getValues()))
                .isEqualTo("UNKNOWN=0 START=10 LOADING=20 AVAILABLE=30 UNLOADING=40 END=50");
        assertThat(numbers(DataType.getDescriptor().getValues().subList(0, 24)))
                .isEqualTo("DT_INVALID=0 DT_FLOAT=1 DT_DOUBLE=2 DT_INT32=3 DT_UINT8=4 DT_INT16=5 DT_INT8=6"
                        + " DT_STRING=7 DT_COMPLEX64=8 DT_INT64=9 DT_BOOL=10 DT_QINT8=11 DT_QUINT8=12 DT_QINT32=13"
                        + " DT_BFLOAT16=14 DT_QINT16=15 DT_QUINT16=16 DT_UINT16=17 DT_COMPLEX128=18 DT_HALF=19"
                        + " DT_RESOURCE=20 DT_VARIANT=21 DT_UINT32=22 DT_UINT64=23");
    }

    @Test
    void servicesKeepTheirNamesAndFiles() {
        ServiceDescriptor prediction =
                PredictionServiceSchema.getDescriptor().getServices().get(0);
        assertThat(prediction.getFullName()).isEqualTo("tensorflow.serving.PredictionService");
        assertThat(prediction.getFile().getName()).isEqualTo("tensorflow_serving/apis/prediction_service.proto");
        assertThat(prediction.getMethods())
                .extracting(MethodDescriptor::getName)
                .containsExactly("Classify", "Regress", "Predict", "MultiInference", "GetModelMetadata");
        ServiceDescriptor model =
                ModelServiceSchema.getDescriptor().getServices().get(0);
        assertThat(model.getFullName()).isEqualTo("tensorflow.serving.ModelService");
        assertThat(model.getMethods())
                .extracting(MethodDescriptor::getName)
                .containsExactly("GetModelStatus", "HandleReloadConfigRequest");
    }

    @Test
    void schemasTravelInTheJarUnderTheirOwnPaths() {
        for (String file : List.of(
                "tensorflow_serving/apis/prediction_service.proto",
                "tensorflow_serving/util/status.proto",
                "tensorflow/core/framework/tensor.proto")) {
            assertThat(SchemaTest.class.getResource("/" + file)).as(file).isNotNull();
        }
        assertThat(TensorProto.getDescriptor().getFile().toProto())
                .extracting(DescriptorProtos.FileDescriptorProto::getName)
                .isEqualTo("tensorflow/core/framework/tensor.proto");
    }

    private static Expected serving(Descriptor message, String name, String fields) {
        return new Expected(message, "tensorflow.serving." + name, fields);
    }

    private static Expected tensorflow(Descriptor message, String name, String fields) {
        return new Expected(message, "tensorflow." + name, fields);
    }

    private static String numbers(List<EnumValueDescriptor> values) {
        return values.stream()
                .map(value -> value.getName() + "=" + value.getNumber())
                .collect(Collectors.joining(" "));
    }
}
