package dev.hearth.endpoints.codec.json;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Writes the answer to a predict request as TensorFlow Serving's REST API does, in the layout the request had: texts
 * of numbers, line breaks, base64 for aliases that end in {@code _bytes}, errors. Stateless.
 */
public final class PredictAnswerJson {

    private static final String BYTES_SUFFIX = "_bytes";

    private PredictAnswerJson() {}

    /**
     * @param outputs by alias
     * @throws ServingException INVALID_ARGUMENT when the outputs cannot be told as JSON, or not row by row
     */
    public static ByteSink write(Map<String, Tensor> outputs, PredictFormat format) {
        if (outputs.isEmpty()) {
            throw ServingException.invalidArgument("Cannot convert empty tensor map to JSON");
        }
        List<Output> all = new ArrayList<>(outputs.size());
        long room = 64;
        for (Map.Entry<String, Tensor> output : outputs.entrySet()) {
            Output one = Output.of(output.getKey(), output.getValue());
            all.add(one);
            room += one.roughSize();
        }
        ByteSink out = new ByteSink((int) Math.min(room, 1 << 26));
        PrettyJson json = new PrettyJson(out);
        json.startObject();
        if (format == PredictFormat.ROW) {
            rows(all, json);
        } else {
            columns(all, json);
        }
        json.endObject();
        return out;
    }

    private static void rows(List<Output> outputs, PrettyJson json) {
        long rows = -1;
        for (Output output : outputs) {
            if (output.tensor.shape().rank() == 0) {
                throw ServingException.invalidArgument("Tensor name: " + output.alias + " has no shape information ");
            }
            long own = output.tensor.rows();
            if (rows >= 0 && own != rows) {
                throw ServingException.invalidArgument("Tensor name: " + output.alias + " has inconsistent batch size: "
                        + own + " expecting: " + rows);
            }
            rows = own;
        }
        json.key("predictions");
        json.startArray();
        for (long row = 0; row < rows; row++) {
            if (outputs.size() > 1) {
                json.startObject();
            }
            json.singleLine(true);
            for (Output output : outputs) {
                if (outputs.size() > 1) {
                    json.key(output.alias);
                }
                output.value(1, json);
            }
            json.singleLine(false);
            if (outputs.size() > 1) {
                json.endObject();
            }
        }
        json.endArray();
    }

    private static void columns(List<Output> outputs, PrettyJson json) {
        json.key("outputs");
        if (outputs.size() > 1) {
            json.startObject();
        }
        for (Output output : outputs) {
            if (outputs.size() > 1) {
                json.key(output.alias);
            }
            output.value(0, json);
        }
        if (outputs.size() > 1) {
            json.endObject();
        }
    }

    /** One output and how far it has been written. */
    private static final class Output {
        private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

        private final String alias;
        private final Tensor tensor;
        private final long[] dims;
        private final boolean base64;
        private final ByteBuffer data;
        private int next;

        private Output(String alias, Tensor tensor, ByteBuffer data) {
            this.alias = alias;
            this.tensor = tensor;
            this.dims = tensor.shape().toArray();
            this.base64 = tensor.type() == DataType.STRING && alias.endsWith(BYTES_SUFFIX);
            this.data = data;
        }

        static Output of(String alias, Tensor tensor) {
            if (!ElementSink.accepts(tensor.type())) {
                throw ServingException.invalidArgument("Failed to write JSON value for tensor type: "
                        + tensor.type().typeName());
            }
            return new Output(alias, tensor, tensor.type() == DataType.STRING ? NO_DATA : tensor.data());
        }

        int roughSize() {
            long size = tensor.type() == DataType.STRING
                    ? 2 * tensor.byteSize()
                    : (tensor.type() == DataType.FLOAT ? 14 : tensor.type() == DataType.DOUBLE ? 22 : 12)
                            * tensor.shape().elements();
            return (int) Math.min(size, 1 << 24);
        }

        void value(int level, PrettyJson json) {
            if (level == dims.length) {
                elements(1, json);
                return;
            }
            json.startArray();
            if (level == dims.length - 1) {
                elements((int) dims[level], json);
            } else {
                for (long i = 0; i < dims[level]; i++) {
                    value(level + 1, json);
                }
            }
            json.endArray();
        }

        private void elements(int count, PrettyJson json) {
            int from = next;
            int to = from + count;
            next = to;
            switch (tensor.type()) {
                case FLOAT -> {
                    for (int i = from; i < to; i++) {
                        json.value(data.getFloat(i << 2));
                    }
                }
                case DOUBLE -> {
                    for (int i = from; i < to; i++) {
                        json.value(data.getDouble(i << 3));
                    }
                }
                case STRING -> {
                    for (int i = from; i < to; i++) {
                        string(tensor.strings()[i], json);
                    }
                }
                default -> {
                    for (int i = from; i < to; i++) {
                        integer(i, json);
                    }
                }
            }
        }

        private void integer(int i, PrettyJson json) {
            switch (tensor.type()) {
                case INT64 -> json.value(data.getLong(i << 3));
                case UINT64 -> json.unsigned(data.getLong(i << 3));
                case INT32 -> json.value((long) data.getInt(i << 2));
                case UINT32 -> json.value(data.getInt(i << 2) & 0xFFFFFFFFL);
                case INT16 -> json.value((long) data.getShort(i << 1));
                case INT8 -> json.value((long) data.get(i));
                case UINT8 -> json.value(data.get(i) & 0xFFL);
                default -> json.value(data.get(i) != 0);
            }
        }

        private void string(byte[] value, PrettyJson json) {
            if (base64) {
                json.startObject();
                json.key("b64");
                json.string(Base64.getEncoder().encode(value));
                json.endObject();
            } else {
                json.string(value);
            }
        }
    }
}
