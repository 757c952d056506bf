package dev.hearth.server.grpc;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.CompactJson;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.openinference.Datatypes;
import dev.hearth.endpoints.openinference.InferAnswer;
import dev.hearth.endpoints.openinference.RawTensors;
import dev.hearth.endpoints.openinference.RequestedOutput;
import dev.hearth.endpoints.openinference.SharedMemory;
import dev.hearth.endpoints.predict.PriorityHeader;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import dev.hearth.protocol.inference.InferParameter;
import dev.hearth.protocol.inference.ModelInferRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Sends inference to the fallback as the Open Inference Protocol's HTTP call with plain bytes, which every packaging answers,
 * and makes the message of the answer that comes. Every bit of every datatype stays. Stateless.
 *
 * @param memory where regions are; requests with regions mean nothing elsewhere
 */
record ForwardedInference(SharedMemory memory) implements UnaryMethod.Forwarding<ModelInferRequest> {

    private static final String BINARY_SIZE = "binary_data_size";

    @Override
    public Fallback.Question question(
            ModelInferRequest request, String model, Fallback.Reason reason, Deadline deadline, Priority priority) {
        if (memory.enabled()) {
            throw ServingException.failedPrecondition("Requests may name shared memory of this machine");
        }
        Map<String, Tensor> tensors = InferMessages.inputs(request, memory);
        CompactJson json = new CompactJson(512);
        json.startObject().member("id", request.getId());
        parameters(json, request.getParametersMap(), Map.of("binary_data_output", true));
        json.key("inputs").startArray();
        request.getInputsList().forEach(input -> {
            Tensor tensor = Objects.requireNonNull(tensors.get(input.getName()));
            json.startObject().member("name", input.getName()).member("datatype", input.getDatatype());
            json.key("shape").numbers(tensor.shape().toArray());
            parameters(json, input.getParametersMap(), Map.of(BINARY_SIZE, RawTensors.size(tensor)));
            json.endObject();
        });
        json.endArray();
        if (request.getOutputsCount() > 0) {
            json.key("outputs").startArray();
            request.getOutputsList().forEach(output -> {
                json.startObject().member("name", output.getName());
                parameters(json, output.getParametersMap(), Map.of("binary_data", true));
                json.endObject();
            });
            json.endArray();
        }
        ByteSink head = json.endObject().text();
        return new Fallback.Question(
                model,
                reason,
                target(model, request.getModelVersion()),
                Map.of(
                        "content-type",
                        "application/octet-stream",
                        Fallback.JSON_LENGTH,
                        Integer.toString(head.length()),
                        PriorityHeader.NAME,
                        priority.name().toLowerCase(Locale.ROOT)),
                body(head, tensors.values()),
                deadline);
    }

    private static void parameters(CompactJson json, Map<String, InferParameter> given, Map<String, Object> ours) {
        Map<String, Object> all =
                new HashMap<>(InferMessages.parameters("request", given).values());
        all.putAll(ours);
        json.key("parameters").scalars(all);
    }

    private static String target(String model, String version) {
        String path = "/v2/models/" + encoded(model);
        return (version.isEmpty() ? path : path + "/versions/" + encoded(version)) + "/infer";
    }

    private static String encoded(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static byte[] body(ByteSink head, Iterable<Tensor> tensors) {
        long size = head.length();
        for (Tensor tensor : tensors) {
            size += RawTensors.size(tensor);
        }
        ByteBuffer whole = ByteBuffer.allocate(Math.toIntExact(size));
        whole.put(head.array(), 0, head.length());
        tensors.forEach(tensor -> RawTensors.write(tensor, whole));
        return whole.array();
    }

    @Override
    public byte[] message(ModelInferRequest request, Fallback.Answer answer) {
        return InferCall.message(read(answer), request).toByteArray();
    }

    private static InferAnswer read(Fallback.Answer answer) {
        int length = Integer.parseInt(
                answer.headers().getOrDefault(Fallback.JSON_LENGTH, Integer.toString(answer.body().length)));
        JsonObject head = Buffer.buffer(answer.body()).slice(0, length).toJsonObject();
        ByteBuffer rest = ByteBuffer.wrap(answer.body(), length, answer.body().length - length);
        List<InferAnswer.Output> outputs = new ArrayList<>();
        JsonArray told = head.getJsonArray("outputs");
        for (int i = 0; i < told.size(); i++) {
            JsonObject output = told.getJsonObject(i);
            String name = output.getString("name");
            int size = output.getJsonObject("parameters").getInteger(BINARY_SIZE);
            ByteBuffer bytes = rest.slice(rest.position(), size);
            rest.position(rest.position() + size);
            JsonArray sizes = output.getJsonArray("shape");
            long[] dims = new long[sizes.size()];
            for (int dim = 0; dim < dims.length; dim++) {
                dims[dim] = sizes.getLong(dim);
            }
            Tensor tensor = RawTensors.read(
                    "output '" + name + "'",
                    Datatypes.of("output '" + name + "'", output.getString("datatype")),
                    Shape.of(dims),
                    bytes);
            outputs.add(new InferAnswer.Output(tensor, RequestedOutput.plain(name)));
        }
        ServableId id = new ServableId(
                new ModelName(head.getString("model_name")), Long.parseLong(head.getString("model_version")));
        return new InferAnswer(id, head.getString("id", ""), outputs);
    }
}
