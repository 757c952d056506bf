package dev.hearth.endpoints.fuzz;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.hearth.endpoints.cloudevents.IncomingEvent;
import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.endpoints.codec.json.PredictJson;
import dev.hearth.endpoints.codec.proto.ExampleCodec;
import dev.hearth.endpoints.codec.proto.TensorEncoding;
import dev.hearth.endpoints.codec.proto.TensorProtoCodec;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.config.ConfigFormatException;
import dev.hearth.protocol.config.TextConfig;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.record.TfRecordReader;
import dev.hearth.protocol.serving.BatchingParameters;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ModelServerConfig;
import dev.hearth.protocol.serving.PredictRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** What Jazzer calls: whatever the bytes, they are read or refused as the sender's mistake, and nothing else is thrown. */
public final class Targets {

    private static final long LIMIT = 1 << 20;
    /** Of each request. */
    public static final JsonLimits LIMITS = new JsonLimits(LIMIT);

    private Targets() {}

    /** Reads some bytes. */
    @FunctionalInterface
    public interface Reader<T> {
        T read() throws InvalidProtocolBufferException;
    }

    /** What was read; null where it was refused. */
    public static <T> @Nullable T read(Reader<T> reader) {
        try {
            return reader.read();
        } catch (InvalidProtocolBufferException refused) {
            return null;
        } catch (ServingException e) {
            if (e.code() == ErrorCode.INTERNAL || e.code() == ErrorCode.UNKNOWN) {
                throw e;
            }
            return null;
        }
    }

    /** A signature with these inputs, of any shape. */
    public static Signature signature(Map<String, DataType> types) {
        Map<String, TensorSpec> inputs = new TreeMap<>();
        types.forEach((name, type) -> inputs.put(name, new TensorSpec(name + ":0", type, Shape.UNKNOWN)));
        return new Signature(Signature.SERVING_DEFAULT, Signature.PREDICT_METHOD, inputs, Map.of(), Map.of());
    }

    /** JSON of TensorFlow Serving's predict call, for models with one input and with two. */
    public static final class Json {
        private static final List<Signature> SIGNATURES = List.of(
                signature(Map.of("x", DataType.FLOAT)),
                signature(Map.of("x", DataType.INT32)),
                signature(Map.of("x", DataType.BOOL)),
                signature(Map.of("x", DataType.DOUBLE, "s", DataType.STRING)));

        private Json() {}

        public static void fuzzerTestOneInput(byte[] bytes) {
            for (Signature signature : SIGNATURES) {
                read(() -> PredictJson.parse(JsonText.copyOf(bytes), LIMITS).tensors(signature));
            }
        }
    }

    /** JSON of TensorFlow Serving's classify and regress calls. */
    public static final class ExamplesJson {
        private ExamplesJson() {}

        public static void fuzzerTestOneInput(byte[] bytes) {
            read(() -> dev.hearth.endpoints.codec.json.ExamplesJson.parse(JsonText.copyOf(bytes), LIMITS, "classify"));
        }
    }

    /**
     * Tensors in messages, read twice, as gRPC and as the general reader do: what the general one reads, the other reads alike. It
     * may read more, for what it skips may be damaged.
     */
    public static final class Tensors {
        private static final TensorProtoCodec CODEC = new TensorProtoCodec(LIMIT, TensorEncoding.PACKED_FIELDS);

        private Tensors() {}

        public static void fuzzerTestOneInput(byte[] bytes) {
            var packed = read(() ->
                    CODEC.decodePacked(PackedPredictRequest.parseFrom(bytes).getInputsMap()));
            var plain = read(() -> CODEC.decode(PredictRequest.parseFrom(bytes).getInputsMap()));
            if (plain != null && (packed == null || !same(packed, plain))) {
                throw new IllegalStateException("packed " + packed + ", plain " + plain);
            }
        }

        private static boolean same(Map<String, Tensor> some, Map<String, Tensor> others) {
            return some.keySet().equals(others.keySet())
                    && some.entrySet().stream().allMatch(one -> same(one.getValue(), others.get(one.getKey())));
        }

        private static boolean same(Tensor one, Tensor other) {
            return one.type() == other.type()
                    && one.shape().equals(other.shape())
                    && (one.type() == DataType.STRING
                            ? Arrays.deepEquals(one.strings(), other.strings())
                            : one.data().equals(other.data()));
        }
    }

    /** Examples in messages. */
    public static final class Examples {
        private Examples() {}

        public static void fuzzerTestOneInput(byte[] bytes) {
            read(() -> ExampleCodec.serialized(
                    ClassificationRequest.parseFrom(bytes).getInput(), LIMIT));
        }
    }

    /** CloudEvents in structured mode, with the JSON inside. */
    public static final class Events {
        private static final Map<String, String> HEADERS = Map.of("content-type", "application/cloudevents+json");

        private Events() {}

        public static void fuzzerTestOneInput(byte[] bytes) {
            read(() -> PredictJson.parse(
                    IncomingEvent.read(HEADERS::get, JsonText.copyOf(bytes)).data(), LIMITS));
        }
    }

    /** Configuration files in protobuf's text format. */
    public static final class Configuration {
        private Configuration() {}

        public static void fuzzerTestOneInput(byte[] bytes) {
            parse(bytes, ModelServerConfig.getDefaultInstance());
            parse(bytes, BatchingParameters.getDefaultInstance());
        }

        private static void parse(byte[] bytes, Message prototype) {
            try {
                TextConfig.parse("fuzz", bytes, prototype);
            } catch (ConfigFormatException refused) {
                return;
            }
        }
    }

    /** Files of records: warm-up, golden answers, request logs. As they are, and with a sum that fits the first length. */
    public static final class Records {
        private static final int LENGTH = 8;
        private static final int SUM = 4;

        private Records() {}

        public static void fuzzerTestOneInput(byte[] bytes) {
            readAll(bytes);
            if (bytes.length >= LENGTH + SUM) {
                CRC32C sum = new CRC32C();
                sum.update(bytes, 0, LENGTH);
                int crc = Integer.rotateRight((int) sum.getValue(), 15) + 0xa282ead8;
                readAll(ByteBuffer.wrap(bytes.clone())
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(LENGTH, crc)
                        .array());
            }
        }

        private static void readAll(byte[] bytes) {
            try (TfRecordReader reader = new TfRecordReader(new ByteArrayInputStream(bytes))) {
                byte[] record = reader.next();
                while (record != null) {
                    record = reader.next();
                }
            } catch (IOException refused) {
                return;
            }
        }
    }
}
