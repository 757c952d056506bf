package dev.hearth.loadtests.drive;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.StringJoiner;

/** Encodes calls of the Open Inference Protocol with one float input, in each of its forms. */
public final class InferenceCalls {

    private static final String UNARY = "/inference.GRPCInferenceService/ModelInfer";
    private static final String STREAM = "/inference.GRPCInferenceService/ModelStreamInfer";

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
        return raw(UNARY, model, input, dims, values);
    }

    /** The same message for a stream of {@link GrpcClient#streams}. */
    public static Call streamed(String model, String input, int[] dims, float[] values) {
        return raw(STREAM, model, input, dims, values);
    }

    private static Call raw(String method, String model, String input, int[] dims, float[] values) {
        ByteArrayOutputStream request = new ByteArrayOutputStream(values.length * 4 + 128);
        Calls.field(request, 1, text(model));
        Calls.field(request, 5, tensor(input, dims).toByteArray());
        Calls.field(request, 7, bytes(values));
        return Calls.grpc(method, request.toByteArray());
    }

    /** Bytes of a region of shared memory that the server knows by name (system shared memory extension). */
    public record Slice(String region, int offset, int byteSize) {}

    /** Names where the input is and where the output goes, in JSON. */
    public static Call regions(String model, String input, int[] dims, Slice in, String output, Slice out) {
        return Calls.rest(
                path(model),
                text("{\"inputs\":[" + head(input, dims) + parameters(in) + "}],\"outputs\":[{\"name\":\"" + output
                        + "\"," + parameters(out) + "}]}"));
    }

    private static String parameters(Slice slice) {
        return "\"parameters\":{\"shared_memory_region\":\"" + slice.region() + "\",\"shared_memory_offset\":"
                + slice.offset() + ",\"shared_memory_byte_size\":" + slice.byteSize() + "}";
    }

    /** The same as a message (parameters of an input = 4, outputs = 6 with name = 1 and parameters = 2). */
    public static Call regionsMessage(String model, String input, int[] dims, Slice in, String output, Slice out) {
        ByteArrayOutputStream from = tensor(input, dims);
        parameters(from, 4, in);
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        Calls.field(to, 1, text(output));
        parameters(to, 2, out);
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        Calls.field(request, 1, text(model));
        Calls.field(request, 5, from.toByteArray());
        Calls.field(request, 6, to.toByteArray());
        return Calls.grpc(UNARY, request.toByteArray());
    }

    /** InferParameter: int64_param = 2, string_param = 3. */
    private static void parameters(ByteArrayOutputStream tensor, int number, Slice slice) {
        ByteArrayOutputStream region = new ByteArrayOutputStream();
        Calls.field(region, 3, text(slice.region()));
        parameter(tensor, number, "shared_memory_region", region);
        parameter(tensor, number, "shared_memory_offset", number(slice.offset()));
        parameter(tensor, number, "shared_memory_byte_size", number(slice.byteSize()));
    }

    private static ByteArrayOutputStream number(int value) {
        ByteArrayOutputStream parameter = new ByteArrayOutputStream();
        parameter.write(2 << 3);
        Calls.varint(parameter, value);
        return parameter;
    }

    private static void parameter(
            ByteArrayOutputStream tensor, int number, String name, ByteArrayOutputStream parameter) {
        ByteArrayOutputStream entry = new ByteArrayOutputStream();
        Calls.field(entry, 1, text(name));
        Calls.field(entry, 2, parameter.toByteArray());
        Calls.field(tensor, number, entry.toByteArray());
    }

    /** InferInputTensor: name = 1, datatype = 2, shape = 3. */
    private static ByteArrayOutputStream tensor(String input, int[] dims) {
        ByteArrayOutputStream shape = new ByteArrayOutputStream();
        for (int dim : dims) {
            Calls.varint(shape, dim);
        }
        ByteArrayOutputStream tensor = new ByteArrayOutputStream();
        Calls.field(tensor, 1, text(input));
        Calls.field(tensor, 2, text("FP32"));
        Calls.field(tensor, 3, shape.toByteArray());
        return tensor;
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
