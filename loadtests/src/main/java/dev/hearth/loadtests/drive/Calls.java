package dev.hearth.loadtests.drive;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Encodes calls: TensorFlow Serving's Predict over gRPC and REST, and the calls of the bare echo. */
public final class Calls {

    private static final int DT_FLOAT = 1;

    private Calls() {}

    /**
     * A prediction with one float input.
     *
     * @param dims shape with its batch dimension; over REST it becomes nested lists
     */
    public static Call predict(
            Protocol protocol, String model, String signature, String input, int[] dims, float[] values) {
        return protocol == Protocol.GRPC
                ? grpc(
                        "/tensorflow.serving.PredictionService/Predict",
                        predictRequest(model, signature, input, dims, values))
                : rest("/v1/models/" + model + ":predict", json(signature, dims, values));
    }

    /** The same bytes to the bare echo, which takes a BytesValue or any JSON. */
    public static Call echo(
            Protocol protocol, String model, String signature, String input, int[] dims, float[] values) {
        if (protocol == Protocol.REST) {
            return rest("/echo", json(signature, dims, values));
        }
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        field(value, 1, predictRequest(model, signature, input, dims, values));
        return grpc("/hearth.load.Echo/Echo", value.toByteArray());
    }

    /**
     * A REST call with any body.
     *
     * @param headers more of them, as they go to the network
     */
    public static Call rest(String path, byte[] body, String... headers) {
        byte[] head = ("POST " + path
                        + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: "
                        + body.length + "\r\n"
                        + String.join(
                                "",
                                Arrays.stream(headers)
                                        .map(header -> header + "\r\n")
                                        .toList())
                        + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        return Call.of(
                Protocol.REST,
                path,
                ByteBuffer.allocate(head.length + body.length)
                        .put(head)
                        .put(body)
                        .array());
    }

    static Call grpc(String method, byte[] message) {
        ByteBuffer framed = ByteBuffer.allocate(message.length + 5);
        framed.put((byte) 0).putInt(message.length).put(message);
        return Call.of(Protocol.GRPC, method, framed.array());
    }

    /** predict.proto: model_spec = 1 (name = 1, signature_name = 3), inputs = 2; tensor.proto: dtype, shape, content. */
    private static byte[] predictRequest(String model, String signature, String input, int[] dims, float[] values) {
        ByteArrayOutputStream spec = new ByteArrayOutputStream();
        field(spec, 1, model.getBytes(StandardCharsets.UTF_8));
        if (!signature.isEmpty()) {
            field(spec, 3, signature.getBytes(StandardCharsets.UTF_8));
        }
        ByteArrayOutputStream shape = new ByteArrayOutputStream();
        for (int size : dims) {
            ByteArrayOutputStream dim = new ByteArrayOutputStream();
            dim.write(1 << 3);
            varint(dim, size);
            field(shape, 2, dim.toByteArray());
        }
        ByteBuffer content = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        content.asFloatBuffer().put(values);
        ByteArrayOutputStream tensor = new ByteArrayOutputStream(values.length * 4 + 64);
        tensor.write(1 << 3);
        tensor.write(DT_FLOAT);
        field(tensor, 2, shape.toByteArray());
        field(tensor, 4, content.array());
        ByteArrayOutputStream entry = new ByteArrayOutputStream(values.length * 4 + 64);
        field(entry, 1, input.getBytes(StandardCharsets.UTF_8));
        field(entry, 2, tensor.toByteArray());
        ByteArrayOutputStream request = new ByteArrayOutputStream(values.length * 4 + 128);
        field(request, 1, spec.toByteArray());
        field(request, 2, entry.toByteArray());
        return request.toByteArray();
    }

    private static byte[] json(String signature, int[] dims, float[] values) {
        StringBuilder text = new StringBuilder(values.length * 8 + 64).append('{');
        if (!signature.isEmpty()) {
            text.append("\"signature_name\":\"").append(signature).append("\",");
        }
        text.append("\"instances\":");
        nested(text, dims, 0, values, new int[1]);
        return text.append('}').toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static void nested(StringBuilder text, int[] dims, int depth, float[] values, int[] at) {
        if (depth == dims.length) {
            text.append(values[at[0]++]);
            return;
        }
        text.append('[');
        for (int i = 0; i < dims[depth]; i++) {
            if (i > 0) {
                text.append(',');
            }
            nested(text, dims, depth + 1, values, at);
        }
        text.append(']');
    }

    static void field(ByteArrayOutputStream out, int number, byte[] bytes) {
        out.write(number << 3 | 2);
        varint(out, bytes.length);
        out.writeBytes(bytes);
    }

    static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest > 0x7f) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
