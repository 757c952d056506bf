package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.CompactJson;
import dev.hearth.endpoints.codec.json.InferBody;
import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.predict.RequestBytes;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Bodies of HTTP inference: JSON, JSON followed by plain bytes (binary tensor data extension), or the plain bytes of one
 * tensor alone. Reading takes as long as the body is long; tensors of plain bytes are views of it. Stateless.
 */
final class HttpInference {

    private static final String BINARY_SIZE = "binary_data_size";
    private static final String BINARY_OUTPUT = "binary_data_output";

    private HttpInference() {}

    /**
     * A request and the form of its answer.
     *
     * @param binary whether outputs that say nothing of it are wanted as plain bytes
     */
    record Call(InferRequest request, boolean binary) {}

    /**
     * Reads a request.
     *
     * @param body given away
     * @param jsonLength the value of the header that tells the length of the JSON; empty where there is none
     * @throws ServingException INVALID_ARGUMENT
     */
    static Call read(
            String model,
            String version,
            RequestBytes body,
            OptionalInt jsonLength,
            JsonLimits limits,
            SharedMemory memory) {
        if (jsonLength.isPresent() && jsonLength.getAsInt() == 0) {
            ByteBuffer[] bytes = body.from(0);
            InferRequest request = new InferRequest(
                    model,
                    version,
                    "",
                    InferParameters.NONE,
                    signature -> rawInput(model, signature, bytes),
                    List.of(),
                    false);
            return new Call(request, true);
        }
        int length = jsonLength.orElse(body.length());
        if (length < 0 || length > body.length()) {
            throw ServingException.invalidArgument(
                    "Inference-Header-Content-Length is " + length + ", but the body has " + body.length() + " bytes");
        }
        InferBody read = InferBody.parse(body.text(length), limits, Datatypes::of);
        Behind rest = new Behind(body.from(length));
        InferParameters parameters = new InferParameters("request", read.parameters());
        Map<String, Tensor> here = new LinkedHashMap<>();
        Map<String, InRegion> elsewhere = new LinkedHashMap<>();
        for (InferBody.Input input : read.inputs()) {
            boolean first = !here.containsKey(input.name()) && !elsewhere.containsKey(input.name());
            if (!first) {
                throw ServingException.invalidArgument("input '" + input.name() + "' is given more than once");
            }
            InferParameters own = new InferParameters("input '" + input.name() + "'", input.parameters());
            Optional<Long> size = own.count(BINARY_SIZE);
            Optional<RegionSlice> region = RegionSlice.of(own);
            requireOneForm(input, size.isPresent(), region.isPresent());
            DataType type = Datatypes.of(own.what(), input.datatype());
            if (region.isPresent()) {
                elsewhere.put(input.name(), new InRegion(type, input.shape(), region.get()));
            } else if (size.isPresent()) {
                here.put(
                        input.name(),
                        RawTensors.read(own.what(), type, input.shape(), rest.next(own.what(), size.get())));
            } else if (input.tensor() != null) {
                here.put(input.name(), input.tensor());
            }
        }
        if (rest.left() > 0) {
            throw ServingException.invalidArgument("unexpected additional input data: " + rest.left()
                    + " bytes belong to no input with '" + BINARY_SIZE + "'");
        }
        List<RequestedOutput> outputs = new ArrayList<>(read.outputs().size());
        read.outputs()
                .forEach(output -> outputs.add(RequestedOutput.of(
                        output.name(), new InferParameters("output '" + output.name() + "'", output.parameters()))));
        boolean blocking = !elsewhere.isEmpty()
                || outputs.stream().anyMatch(output -> output.region().isPresent() || output.classes() > 0);
        InferRequest request = new InferRequest(
                model,
                version,
                read.id(),
                parameters,
                signature -> elsewhere.isEmpty() ? here : joined(here, elsewhere, memory),
                outputs,
                blocking);
        return new Call(request, parameters.flag(BINARY_OUTPUT));
    }

    /** An input that is to be read from shared memory. */
    private record InRegion(DataType type, Shape shape, RegionSlice slice) {}

    private static void requireOneForm(InferBody.Input input, boolean binary, boolean region) {
        int forms = (input.tensor() != null ? 1 : 0) + (binary ? 1 : 0) + (region ? 1 : 0);
        if (forms != 1) {
            throw ServingException.invalidArgument("input '" + input.name() + "' must have one of 'data', '"
                    + BINARY_SIZE + "' and 'shared_memory_region'" + (forms == 0 ? "" : ", not more"));
        }
    }

    /** The plain bytes behind the JSON, which the inputs take in turn. */
    private static final class Behind {

        private final ByteBuffer[] pieces;
        private int piece;

        Behind(ByteBuffer[] pieces) {
            this.pieces = pieces;
        }

        long left() {
            return RawTensors.length(pieces);
        }

        ByteBuffer[] next(String what, long size) {
            long left = left();
            if (size > left) {
                throw ServingException.invalidArgument(what + " announces " + size + " bytes of binary data, but only "
                        + left + " are left in the body");
            }
            List<ByteBuffer> own = new ArrayList<>(pieces.length - piece);
            for (int missing = (int) size; missing > 0; ) {
                ByteBuffer from = pieces[piece];
                int count = Math.min(missing, from.remaining());
                own.add(from.slice(from.position(), count));
                from.position(from.position() + count);
                missing -= count;
                if (!from.hasRemaining()) {
                    piece++;
                }
            }
            return own.toArray(ByteBuffer[]::new);
        }
    }

    private static Map<String, Tensor> joined(
            Map<String, Tensor> here, Map<String, InRegion> elsewhere, SharedMemory memory) {
        Map<String, Tensor> all = new LinkedHashMap<>(here);
        elsewhere.forEach((name, input) -> {
            String what = "input '" + name + "'";
            all.put(name, RawTensors.read(what, input.type(), input.shape(), memory.read(what, input.slice())));
        });
        return all;
    }

    /** The whole body is the one tensor of a model that has no other, with a shape that follows from its size. */
    private static Map<String, Tensor> rawInput(String model, Signature signature, ByteBuffer... bytes) {
        if (signature.inputs().size() != 1) {
            throw ServingException.invalidArgument("a raw binary request needs a model with one input; model '" + model
                    + "' has " + signature.inputs().keySet());
        }
        Map.Entry<String, TensorSpec> input =
                signature.inputs().entrySet().iterator().next();
        String what = "input '" + input.getKey() + "'";
        TensorSpec spec = input.getValue();
        if (spec.type() == DataType.STRING) {
            byte[] element = new byte[(int) RawTensors.length(bytes)];
            RawTensors.joined(bytes).get(element);
            return Map.of(input.getKey(), Tensor.ofStrings(ones(what, spec), new byte[][] {element}));
        }
        Shape shape = rawShape(what, spec, (int) RawTensors.length(bytes));
        return Map.of(input.getKey(), RawTensors.read(what, spec.type(), shape, bytes));
    }

    /** The shape of the one element that the whole body is. */
    private static Shape ones(String what, TensorSpec spec) {
        long[] dims = spec.shape().hasRank() ? spec.shape().toArray() : new long[] {1};
        Arrays.setAll(dims, i -> dims[i] < 0 ? 1 : dims[i]);
        if (Shape.of(dims).elements() != 1) {
            throw ServingException.invalidArgument(
                    "a raw binary request brings one element; " + what + " of BYTES has the shape " + spec.shape());
        }
        return Shape.of(dims);
    }

    private static Shape rawShape(String what, TensorSpec spec, int size) {
        if (!spec.shape().hasRank()) {
            throw ServingException.invalidArgument(what + " has no known rank, which a raw binary request needs");
        }
        long[] dims = spec.shape().toArray();
        // The first dimension is that of rows, of which there is one, unless it is the only one of unknown size.
        long unknown = Arrays.stream(dims).filter(dim -> dim < 0).count();
        if (unknown == 2 && dims[0] < 0) {
            dims[0] = 1;
            unknown = 1;
        }
        if (unknown > 1) {
            throw ServingException.invalidArgument(
                    "a raw binary request needs an input with one dimension of unknown size at most, not "
                            + spec.shape());
        }
        long known = spec.type().byteSize();
        for (long dim : dims) {
            known *= dim < 0 ? 1 : dim;
        }
        long rest = known == 0 ? 0 : size / known;
        Arrays.setAll(dims, i -> dims[i] < 0 ? rest : dims[i]);
        return Shape.of(dims);
    }

    /**
     * An answer's bytes.
     *
     * @param pieces the JSON, and behind it the plain bytes of tensors as views of them
     * @param jsonLength bytes of the JSON where plain bytes follow it; empty where they do not
     */
    record Written(ByteBuffer[] pieces, OptionalInt jsonLength) {}

    /** About as many bytes as the body will have. */
    static long roughSize(InferAnswer answer, boolean binary) {
        return rough(answer, binary, true);
    }

    /** About as many bytes as {@link #write} has to make; what it only takes views of is not among them. */
    static long roughWork(InferAnswer answer, boolean binary) {
        return rough(answer, binary, false);
    }

    private static long rough(InferAnswer answer, boolean binary, boolean views) {
        long size = 256;
        for (InferAnswer.Output output : answer.outputs()) {
            if (output.wanted().region().isPresent()) {
                continue;
            }
            boolean plain = output.wanted().binary().orElse(binary);
            boolean view = plain && output.tensor().type().isFixedWidth();
            if (views || !view) {
                size += (plain ? 1 : 4) * output.tensor().byteSize();
            }
        }
        return size;
    }

    /** @throws ServingException INVALID_ARGUMENT for an output that JSON cannot carry */
    static Written write(InferAnswer answer, boolean binary) {
        CompactJson json = new CompactJson((int) Math.min(roughWork(answer, binary), 1 << 24));
        json.startObject()
                .member("model_name", answer.model().name().value())
                .member("model_version", Long.toString(answer.model().version()));
        if (!answer.id().isEmpty()) {
            json.member("id", answer.id());
        }
        json.key("outputs").startArray();
        List<Tensor> behind = new ArrayList<>();
        for (InferAnswer.Output output : answer.outputs()) {
            Tensor raw = write(json, output, binary);
            if (raw != null) {
                behind.add(raw);
            }
        }
        ByteSink head = json.endArray().endObject().text();
        long whole = head.length() + behind.stream().mapToLong(RawTensors::size).sum();
        if (whole > Integer.MAX_VALUE - 64) {
            throw new ServingException(ErrorCode.RESOURCE_EXHAUSTED, "The answer takes more than 2 GiB");
        }
        Stream<ByteBuffer> text = Stream.of(ByteBuffer.wrap(head.array(), 0, head.length()));
        ByteBuffer[] pieces =
                Stream.concat(text, behind.stream().flatMap(RawTensors::pieces)).toArray(ByteBuffer[]::new);
        return new Written(pieces, behind.isEmpty() ? OptionalInt.empty() : OptionalInt.of(head.length()));
    }

    /** The tensor whose bytes are to follow; null where the JSON has it all. */
    private static @Nullable Tensor write(CompactJson json, InferAnswer.Output output, boolean binary) {
        Tensor tensor = output.tensor();
        json.startObject().member("name", output.name()).member("datatype", output.datatype());
        json.key("shape").numbers(tensor.shape().toArray());
        if (output.wanted().region().isPresent()) {
            // Without parameters: Triton's C++ client takes any for those of plain bytes.
            json.endObject();
            return null;
        }
        if (output.wanted().binary().orElse(binary)) {
            json.key("parameters")
                    .startObject()
                    .member(BINARY_SIZE, RawTensors.size(tensor))
                    .endObject()
                    .endObject();
            return tensor;
        }
        if (!CompactJson.tells(tensor)) {
            throw ServingException.invalidArgument("output '" + output.name() + "' has datatype " + output.datatype()
                    + ", which JSON has no form for; ask for it with binary_data");
        }
        boolean base64 = tensor.type() == DataType.STRING && (output.wanted().base64() || !CompactJson.isText(tensor));
        if (base64) {
            json.key("parameters")
                    .startObject()
                    .member("content_type", "base64")
                    .endObject();
        }
        json.key("data").elements(tensor, base64).endObject();
        return null;
    }
}
