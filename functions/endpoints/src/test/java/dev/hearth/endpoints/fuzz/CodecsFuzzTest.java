package dev.hearth.endpoints.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.endpoints.cloudevents.IncomingEvent;
import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.endpoints.codec.json.PredictJson;
import dev.hearth.endpoints.codec.proto.ExampleCodec;
import dev.hearth.endpoints.codec.proto.TensorEncoding;
import dev.hearth.endpoints.codec.proto.TensorProtoCodec;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whatever a client sends is read, or refused as the client's mistake: no other error, which would be a 5xx, no endless
 * loop, no memory beyond the limit. Seeded, so a failure comes again.
 */
class CodecsFuzzTest {

    private static final int ROUNDS = 20_000;

    /** What one damaged tensor may take: more would be an amplification of some bytes to gigabytes. */
    private static final long LIMIT = 1 << 20;

    @FunctionalInterface
    private interface Reader {
        void read(byte[] bytes) throws InvalidProtocolBufferException;
    }

    private static void feed(long seed, List<byte[]> samples, Reader reader) {
        Random random = new Random(seed);
        int read = 0;
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = damaged(samples.get(random.nextInt(samples.size())), random);
            try {
                reader.read(bytes);
                read++;
            } catch (InvalidProtocolBufferException refused) {
                assertThat(refused.getMessage()).isNotNull();
            } catch (ServingException e) {
                if (e.code() == ErrorCode.INTERNAL || e.code() == ErrorCode.UNKNOWN) {
                    throw new AssertionError("round " + i, e);
                }
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                throw new AssertionError("round " + i + ": " + new String(bytes, StandardCharsets.ISO_8859_1), e);
            }
        }
        assertThat(read).as("samples that are still read").isGreaterThan(100);
    }

    private static byte[] damaged(byte[] sample, Random random) {
        byte[] bytes = sample.clone();
        for (int i = random.nextInt(6); i > 0 && bytes.length > 0; i--) {
            int at = random.nextInt(bytes.length);
            int end = Math.min(bytes.length, at + 1 + random.nextInt(16));
            switch (random.nextInt(5)) {
                case 0 -> bytes = Arrays.copyOf(bytes, at);
                case 1 -> bytes = joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, end, bytes.length));
                case 2 -> bytes = joined(Arrays.copyOf(bytes, end), Arrays.copyOfRange(bytes, at, bytes.length));
                case 3 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                default -> bytes[at] = (byte) (random.nextBoolean() ? 0xff : random.nextInt(256));
            }
        }
        return bytes;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static TensorProto.Builder tensor(int type, long... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long dim : dims) {
            shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(dim));
        }
        return TensorProto.newBuilder().setDtypeValue(type).setTensorShape(shape);
    }

    @Test
    void tensorsOfMessages() {
        TensorProtoCodec codec = new TensorProtoCodec(LIMIT, TensorEncoding.PACKED_FIELDS);
        PredictRequest request = PredictRequest.newBuilder()
                .putInputs("x", tensor(1, 2, 2).addFloatVal(1).addFloatVal(2).build())
                .putInputs(
                        "s",
                        tensor(7, 2).addStringVal(ByteString.copyFromUtf8("a")).build())
                .putInputs(
                        "c",
                        tensor(9, 3)
                                .setTensorContent(ByteString.copyFrom(new byte[24]))
                                .build())
                .putInputs("i", tensor(3, 1).addIntVal(-1).build())
                .build();
        List<byte[]> samples = List.of(request.toByteArray());
        feed(21, samples, bytes -> assertThat(
                        codec.decodePacked(PackedPredictRequest.parseFrom(bytes).getInputsMap()))
                .isNotNull());
        feed(22, samples, bytes -> assertThat(
                        codec.decode(PredictRequest.parseFrom(bytes).getInputsMap()))
                .isNotNull());
    }

    @Test
    void examplesOfMessages() {
        ClassificationRequest request = ClassificationRequest.newBuilder()
                .setInput(
                        Input.newBuilder()
                                .setExampleList(dev.hearth.protocol.serving.ExampleList.newBuilder()
                                        .addExamples(dev.hearth.protocol.tensorflow.Example.newBuilder()
                                                .setFeatures(dev.hearth.protocol.tensorflow.Features.newBuilder()
                                                        .putFeature(
                                                                "f",
                                                                dev.hearth.protocol.tensorflow.Feature.newBuilder()
                                                                        .setFloatList(dev.hearth.protocol.tensorflow
                                                                                .FloatList.newBuilder()
                                                                                .addValue(1))
                                                                        .build())))))
                .build();
        feed(23, List.of(request.toByteArray()), bytes -> assertThat(ExampleCodec.serialized(
                        ClassificationRequest.parseFrom(bytes).getInput(), LIMIT))
                .isNotNull());
    }

    @Test
    void cloudEvents() {
        Map<String, String> structured = Map.of("content-type", "application/cloudevents+json");
        List<byte[]> samples = new ArrayList<>();
        for (String text : new String[] {
            "{\"id\":\"1\",\"source\":\"/s\",\"specversion\":\"1.0\",\"type\":\"t\",\"data\":{\"instances\":[1]}}",
            "{\"id\":\"1\",\"source\":\"/s\",\"specversion\":\"1.0\",\"type\":\"t\",\"data_base64\":\"eyJpbnB1dHMiOjF9\"}"
        }) {
            samples.add(text.getBytes(StandardCharsets.UTF_8));
        }
        feed(24, samples, bytes -> {
            IncomingEvent event = IncomingEvent.read(structured::get, JsonText.copyOf(bytes));
            assertThat(PredictJson.parse(event.data(), JsonLimits.DEFAULT)).isNotNull();
        });
    }

    @Test
    void nestingWithoutEnd() {
        for (String open : new String[] {"[", "{\"a\":", "{\"instances\":[", "[{\"b64\":"}) {
            JsonText deep = JsonText.copyOf(open.repeat(200_000).getBytes(StandardCharsets.UTF_8));
            try {
                assertThat(PredictJson.parse(deep, JsonLimits.DEFAULT)).isNull();
            } catch (ServingException refused) {
                assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            }
        }
    }
}
