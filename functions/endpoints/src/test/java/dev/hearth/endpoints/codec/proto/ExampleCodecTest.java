package dev.hearth.endpoints.codec.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.serving.ExampleList;
import dev.hearth.protocol.serving.ExampleListWithContext;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.tensorflow.Example;
import dev.hearth.protocol.tensorflow.Feature;
import dev.hearth.protocol.tensorflow.Features;
import dev.hearth.protocol.tensorflow.Int64List;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExampleCodecTest {

    @Test
    void serializesEveryExample() throws Exception {
        Input input = Input.newBuilder()
                .setExampleList(
                        ExampleList.newBuilder().addExamples(example("a", 1)).addExamples(example("a", 2)))
                .build();
        List<byte[]> rows = ExampleCodec.serialized(input, 1000);
        assertThat(rows).hasSize(2);
        assertThat(Example.parseFrom(rows.get(0))).isEqualTo(example("a", 1));
        assertThat(Example.parseFrom(rows.get(1))).isEqualTo(example("a", 2));
    }

    @Test
    void letsFeaturesOfTheExampleWinOverTheContext() throws Exception {
        Example context = example("a", 1).toBuilder().mergeFrom(example("c", 9)).build();
        List<byte[]> rows = ExampleCodec.serialized(withContext(context, example("a", 5), example("b", 6)), 1000);

        assertThat(Example.parseFrom(rows.get(0)))
                .isEqualTo(
                        example("a", 5).toBuilder().mergeFrom(example("c", 9)).build());
        assertThat(Example.parseFrom(rows.get(1)))
                .isEqualTo(context.toBuilder().mergeFrom(example("b", 6)).build());
        assertThat(rows.get(0)).startsWith(context.toByteArray());
    }

    @Test
    void hasNoRowsWithoutExamples() {
        assertThat(ExampleCodec.serialized(Input.getDefaultInstance(), 0)).isEmpty();
        assertThat(ExampleCodec.serialized(withContext(example("a", 1)), 0)).isEmpty();
    }

    @Test
    void boundsTheRepeatedContext() {
        Input input = withContext(example("a-long-name-of-a-feature", 1), example("b", 1), example("b", 2));
        assertThatThrownBy(() -> ExampleCodec.serialized(input, 80))
                .isInstanceOf(ServingException.class)
                .hasMessageContaining("80 bytes");
    }

    private static Input withContext(Example context, Example... examples) {
        return Input.newBuilder()
                .setExampleListWithContext(
                        ExampleListWithContext.newBuilder().setContext(context).addAllExamples(List.of(examples)))
                .build();
    }

    private static Example example(String feature, long value) {
        return Example.newBuilder()
                .setFeatures(Features.newBuilder()
                        .putFeature(
                                feature,
                                Feature.newBuilder()
                                        .setInt64List(Int64List.newBuilder().addValue(value))
                                        .build()))
                .build();
    }
}
