package dev.hearth.endpoints.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.hearth.endpoints.openinference.InferBodyTarget;
import dev.hearth.engine.cache.CacheValueTarget;
import dev.hearth.protocol.record.TfRecordWriter;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ExampleListWithContext;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.tensorflow.Example;
import dev.hearth.protocol.tensorflow.Feature;
import dev.hearth.protocol.tensorflow.Features;
import dev.hearth.protocol.tensorflow.FloatList;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The readers by name, and what each begins with: inputs that are read. */
final class Samples {

    private static final String PREDICT =
            "{\"signature_name\":\"s\",\"instances\":[{\"x\":[1.5,-2e3],\"s\":{\"b64\":\"AA==\"}},{\"x\":[1,2],\"s\":\"\\u00e9\"}]}";
    private static final String EVENT = "{\"id\":\"1\",\"source\":\"/s\",\"specversion\":\"1.0\",\"type\":\"t\",";

    /** What is fuzzed, and with what it begins. */
    record Target(Class<?> type, List<byte[]> samples) {}

    static final Map<String, Target> TARGETS = Map.of(
            "predict-json",
            new Target(
                    Targets.Json.class,
                    texts(
                            PREDICT,
                            "{\"inputs\":{\"x\":[[1,NaN],[3,-Infinity]],\"s\":[\"a\",\"b\\n\"]}}",
                            "{\"instances\":[1,2.5,-0.0,1e39]}",
                            "{\"instances\":[[[1,2],[3,4]],[[5,6],[7,8]]]}")),
            "examples-json",
            new Target(
                    Targets.ExamplesJson.class,
                    texts(
                            "{\"context\":{\"c\":1},\"examples\":[{\"f\":[1.5,2],\"i\":3,\"s\":[\"a\",{\"b64\":\"AA==\"}]}]}")),
            "open-inference",
            new Target(
                    InferBodyTarget.class,
                    texts(
                            "{\"id\":\"1\",\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"FP32\",\"data\":[1.5,-2e3]},"
                                    + "{\"name\":\"s\",\"shape\":[1],\"datatype\":\"BYTES\","
                                    + "\"parameters\":{\"binary_data_size\":6}}]}\2\0\0\0hi",
                            "{\"parameters\":{\"binary_data_output\":true},\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],"
                                    + "\"datatype\":\"INT16\",\"parameters\":{\"binary_data_size\":4}}],"
                                    + "\"outputs\":[{\"name\":\"y\",\"parameters\":{\"classification\":2}}]}\1\0\2\0")),
            "tensors",
            new Target(Targets.Tensors.class, List.of(predict().toByteArray())),
            "examples",
            new Target(Targets.Examples.class, classify()),
            "cloud-events",
            new Target(
                    Targets.Events.class,
                    texts(EVENT + "\"data\":" + PREDICT + "}", EVENT + "\"data_base64\":\"eyJpbnB1dHMiOjF9\"}")),
            "configuration",
            new Target(
                    Targets.Configuration.class,
                    texts(
                            "model_config_list { config { name: \"m\" base_path: \"/m\" model_platform: 'tensorflow'"
                                    + " model_version_policy { specific { versions: 1 versions: 0x2 } }"
                                    + " version_labels { key: \"a\" value: 1 } } } # and so on",
                            "max_batch_size { value: 32 } allowed_batch_sizes: [1, 2] pad_variable_length_inputs: true")),
            "records",
            new Target(Targets.Records.class, List.of(records())),
            "cache-values",
            new Target(CacheValueTarget.class, CacheValueTarget.samples()));

    private Samples() {}

    private static List<byte[]> texts(String... texts) {
        return Arrays.stream(texts)
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    private static byte[] records() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            TfRecordWriter writer = new TfRecordWriter(out);
            writer.write(new byte[0]);
            writer.write(predict().toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static Message predict() {
        return PredictRequest.newBuilder()
                .putInputs("x", tensor(1, 2).addFloatVal(1).addFloatVal(2).build())
                .putInputs("i", tensor(3, 3).addIntVal(-1).build())
                .putInputs(
                        "s",
                        tensor(7, 1).addStringVal(ByteString.copyFromUtf8("a")).build())
                .putInputs("h", tensor(19, 2).addHalfVal(1).build())
                .putInputs(
                        "c",
                        tensor(9, 2)
                                .setTensorContent(ByteString.copyFrom(new byte[16]))
                                .build())
                .build();
    }

    private static TensorProto.Builder tensor(int type, long size) {
        return TensorProto.newBuilder()
                .setDtypeValue(type)
                .setTensorShape(TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(size)));
    }

    private static List<byte[]> classify() {
        Example example = Example.newBuilder()
                .setFeatures(Features.newBuilder()
                        .putFeature(
                                "f",
                                Feature.newBuilder()
                                        .setFloatList(FloatList.newBuilder().addValue(1))
                                        .build()))
                .build();
        Input input = Input.newBuilder()
                .setExampleListWithContext(
                        ExampleListWithContext.newBuilder().addExamples(example).setContext(example))
                .build();
        return List.of(
                ClassificationRequest.newBuilder().setInput(input).build().toByteArray());
    }
}
