package dev.hearth.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.hearth.endpoints.openinference.Datatypes;
import dev.hearth.endpoints.openinference.InferAnswer;
import dev.hearth.endpoints.openinference.InferParameters;
import dev.hearth.endpoints.openinference.InferRequest;
import dev.hearth.endpoints.openinference.RawTensors;
import dev.hearth.endpoints.openinference.RegionSlice;
import dev.hearth.endpoints.openinference.RequestedOutput;
import dev.hearth.endpoints.openinference.SharedMemory;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.inference.InferParameter;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.hearth.protocol.inference.ModelInferResponse;
import dev.hearth.protocol.inference.ModelInferResponse.InferOutputTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Messages of inference over gRPC. Raw contents stay the bytes that came, up to the runtime; and what the runtime gave is
 * copied once, into the answer. Stateless.
 */
final class InferMessages {

    private InferMessages() {}

    /** Whether the answer is to have typed contents: it has the form of the request, and raw where that has none. */
    static boolean typed(ModelInferRequest request) {
        return request.getRawInputContentsCount() == 0
                && request.getInputsList().stream().anyMatch(InferInputTensor::hasContents);
    }

    /** @throws ServingException INVALID_ARGUMENT; tensors are looked at later */
    static InferRequest read(ModelInferRequest message, SharedMemory memory) {
        List<RequestedOutput> outputs = new ArrayList<>(message.getOutputsCount());
        boolean blocking = false;
        for (ModelInferRequest.InferRequestedOutputTensor output : message.getOutputsList()) {
            RequestedOutput wanted = RequestedOutput.of(
                    output.getName(), parameters("output '" + output.getName() + "'", output.getParametersMap()));
            blocking |= wanted.region().isPresent() || wanted.classes() > 0;
            outputs.add(wanted);
        }
        for (InferInputTensor input : message.getInputsList()) {
            blocking |= region(input).isPresent();
        }
        return new InferRequest(
                message.getModelName(),
                message.getModelVersion(),
                message.getId(),
                parameters("request", message.getParametersMap()),
                signature -> inputs(message, memory),
                outputs,
                blocking);
    }

    private static Optional<RegionSlice> region(InferInputTensor input) {
        return input.getParametersCount() == 0
                ? Optional.empty()
                : RegionSlice.of(parameters("input '" + input.getName() + "'", input.getParametersMap()));
    }

    /** @throws ServingException INVALID_ARGUMENT naming the input */
    static Map<String, Tensor> inputs(ModelInferRequest message, SharedMemory memory) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        boolean raw = message.getRawInputContentsCount() > 0;
        int next = 0;
        for (InferInputTensor input : message.getInputsList()) {
            String what = "input '" + input.getName() + "'";
            DataType type = Datatypes.of(what, input.getDatatype());
            Shape shape = shape(what, input);
            Optional<RegionSlice> region = region(input);
            if (raw && input.hasContents()) {
                throw ServingException.invalidArgument("contents field must not be specified when using"
                        + " raw_input_contents for " + what + " for model '" + message.getModelName() + "'");
            }
            Tensor tensor;
            if (region.isPresent()) {
                if (input.hasContents()) {
                    throw ServingException.invalidArgument(what + " has both contents and a shared memory region");
                }
                tensor = RawTensors.read(what, type, shape, memory.read(what, region.get()));
            } else if (raw) {
                if (next == message.getRawInputContentsCount()) {
                    throw ServingException.invalidArgument(
                            "expected tensor data for " + what + ": raw_input_contents has only " + next + " entries");
                }
                ByteString bytes = message.getRawInputContents(next++);
                tensor = RawTensors.read(what, type, shape, bytes.asReadOnlyByteBuffer());
            } else {
                tensor = InferContents.read(what, type, shape, input.getContents());
            }
            if (tensors.put(input.getName(), tensor) != null) {
                throw ServingException.invalidArgument(what + " is given more than once");
            }
        }
        if (next < message.getRawInputContentsCount()) {
            throw ServingException.invalidArgument(
                    "expected " + next + " entries of raw_input_contents, got " + message.getRawInputContentsCount());
        }
        return tensors;
    }

    private static Shape shape(String what, InferInputTensor input) {
        long[] dims = new long[input.getShapeCount()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = input.getShape(i);
            if (dims[i] < 0) {
                throw ServingException.invalidArgument("shape of " + what + " has a negative size: " + dims[i]);
            }
        }
        return Shape.of(dims);
    }

    /** Parameters with their values as plain objects. */
    static InferParameters parameters(String what, Map<String, InferParameter> messages) {
        if (messages.isEmpty()) {
            return new InferParameters(what, Map.of());
        }
        Map<String, Object> values = new HashMap<>();
        messages.forEach((name, parameter) -> {
            switch (parameter.getParameterChoiceCase()) {
                case BOOL_PARAM -> values.put(name, parameter.getBoolParam());
                case INT64_PARAM -> values.put(name, parameter.getInt64Param());
                case STRING_PARAM -> values.put(name, parameter.getStringParam());
                case DOUBLE_PARAM -> values.put(name, parameter.getDoubleParam());
                case UINT64_PARAM -> values.put(name, Math.max(parameter.getUint64Param(), -1));
                default -> {
                    // One without a value says nothing.
                }
            }
        });
        return new InferParameters(what, values);
    }

    /** The message of an answer; raw also where typed contents are wanted but an output has none. */
    static ModelInferResponse.Builder write(InferAnswer answer, boolean typed) {
        ModelInferResponse.Builder message = ModelInferResponse.newBuilder()
                .setModelName(answer.model().name().value())
                .setModelVersion(Long.toString(answer.model().version()))
                .setId(answer.id());
        boolean contents = typed
                && answer.outputs().stream()
                        .allMatch(output -> InferContents.tells(output.tensor().type()));
        for (InferAnswer.Output output : answer.outputs()) {
            Tensor tensor = output.tensor();
            InferOutputTensor.Builder head =
                    InferOutputTensor.newBuilder().setName(output.name()).setDatatype(output.datatype());
            for (long dim : tensor.shape().toArray()) {
                head.addShape(dim);
            }
            Optional<RegionSlice> region = output.wanted().region();
            if (region.isPresent()) {
                head.putParameters("shared_memory_region", text(region.get().region()));
                head.putParameters("shared_memory_offset", number(region.get().offset()));
                head.putParameters("shared_memory_byte_size", number(RawTensors.size(tensor)));
            } else if (contents) {
                head.setContents(InferContents.write(tensor));
            }
            if (!contents) {
                // Entries count like outputs, so one in a region leaves its place empty.
                message.addRawOutputContents(
                        region.isPresent()
                                ? ByteString.EMPTY
                                : UnsafeByteOperations.unsafeWrap(RawTensors.bytes(tensor)));
            }
            message.addOutputs(head);
        }
        return message;
    }

    private static InferParameter text(String value) {
        return InferParameter.newBuilder().setStringParam(value).build();
    }

    private static InferParameter number(long value) {
        return InferParameter.newBuilder().setInt64Param(value).build();
    }
}
