package dev.hearth.loadtests.drive;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.StringJoiner;

/** Encodes calls of the Open Inference Protocol with one float input, in each of its forms. */
public final class InferenceCalls {

    private InferenceCalls() {}

    /** All in JSON, the answer as well. */
    public static Call json(String model, String input, int[] dims, float[] values) {
        StringBuilder data = new StringBuilder(values.length * 8 + 16).append("\"data\":[");
        for (int i = 0; i < values.length; i++) {
            data.append(i == 0 ? "" : ",").append(values[i]);
        }
        return Calls.rest(path(model), text("{\"inputs\":[" + head(input, dims) + data.append("]}]}")));
    }

    /** Plain bytes behind JSON (binary tensor data extension), the answer as well. */
    public static Call plainBytes(String model, String input, int[] dims, float[] values) {
        byte[] json = text("{\"parameters\":{\"binary_data_output\":true},\"inputs\":[" + head(input, dims)
                + "\"parameters\":{\"binary_data_size\":" + 4 * values.length + "}}]}");
        byte[] bytes = bytes(values);
        ByteBuffer body =
                ByteBuffer.allocate(json.length + bytes.length).put(json).put(bytes);
        return Calls.rest(path(model), body.array(), "inference-header-content-length: " + json.length);
    }

    /** A message with raw contents (ModelInferRequest: model_name = 1, inputs = 5, raw_input_contents = 7). */
    public static Call raw(String model, String input, int[] dims, float[] values) {
        ByteArrayOutputStream shape = new ByteArrayOutputStream();
        for (int dim : dims) {
            Calls.varint(shape, dim);
        }
        ByteArrayOutputStream tensor = new ByteArrayOutputStream();
        Calls.field(tensor, 1, text(input));
        Calls.field(tensor, 2, text("FP32"));
        Calls.field(tensor, 3, shape.toByteArray());
        ByteArrayOutputStream request = new ByteArrayOutputStream(values.length * 4 + 128);
        Calls.field(request, 1, text(model));
        Calls.field(request, 5, tensor.toByteArray());
        Calls.field(request, 7, bytes(values));
        return Calls.grpc("/inference.GRPCInferenceService/ModelInfer", request.toByteArray());
    }

    private static String path(String model) {
        return "/v2/models/" + model + "/infer";
    }

    private static String head(String input, int[] dims) {
        StringJoiner shape = new StringJoiner(",", "[", "]");
        Arrays.stream(dims).forEach(dim -> shape.add(Integer.toString(dim)));
        return "{\"name\":\"" + input + "\",\"datatype\":\"FP32\",\"shape\":" + shape + ",";
    }

    private static byte[] bytes(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
