package dev.hearth.endpoints.codec.proto;

import dev.hearth.engine.tensor.Tensor;
import dev.hearth.protocol.packed.PackedTensor;
import dev.hearth.protocol.tensorflow.TensorProto;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * TensorProto to the engine's tensors and back. Immutable and thread-safe.
 *
 * <p>Decoding follows TensorFlow's rules: {@code tensor_content} wins and must have exactly the right size; otherwise
 * the typed field counts, where the last value stands for all that are missing, no value at all means zeros, and
 * surplus is ignored. A few bytes can thus ask for a huge tensor, so memory is bounded per request.
 *
 * <p>Decoded tensors may share memory with the message, which protobuf keeps immutable.
 */
public final class TensorProtoCodec {

    private final long maxRequestBytes;
    private final TensorEncoding encoding;

    /**
     * @param maxRequestBytes most memory that all tensors of one request may take
     * @param encoding of answers
     */
    public TensorProtoCodec(long maxRequestBytes, TensorEncoding encoding) {
        if (maxRequestBytes < 0) {
            throw new IllegalArgumentException("maxRequestBytes " + maxRequestBytes);
        }
        this.maxRequestBytes = maxRequestBytes;
        this.encoding = encoding;
    }

    /**
     * The inputs of one request, in the message's order.
     *
     * @throws dev.hearth.engine.error.ServingException INVALID_ARGUMENT {@code tensor parsing error: ALIAS}
     */
    public Map<String, Tensor> decode(Map<String, TensorProto> inputs) {
        return decode(inputs, TensorProtoReader::read);
    }

    /** The same for a request whose numbers were left packed, which costs a fraction. */
    public Map<String, Tensor> decodePacked(Map<String, PackedTensor> inputs) {
        return decode(inputs, PackedTensorReader::read);
    }

    @FunctionalInterface
    private interface Reader<P> {
        Tensor read(String alias, P proto, long maxBytes);
    }

    private <P> Map<String, Tensor> decode(Map<String, P> inputs, Reader<P> reader) {
        Map<String, Tensor> tensors = new LinkedHashMap<>(2 * inputs.size());
        long left = maxRequestBytes;
        for (Map.Entry<String, P> input : inputs.entrySet()) {
            Tensor tensor = reader.read(input.getKey(), input.getValue(), left);
            left -= TensorProtoReader.memory(tensor);
            tensors.put(input.getKey(), tensor);
        }
        return tensors;
    }

    /** One tensor by itself; errors name the alias. */
    public Tensor decode(String alias, TensorProto proto) {
        return TensorProtoReader.read(alias, proto, maxRequestBytes);
    }

    /** The outputs of one answer, in the map's order. */
    public Map<String, TensorProto> encode(Map<String, Tensor> outputs) {
        Map<String, TensorProto> protos = new LinkedHashMap<>(2 * outputs.size());
        outputs.forEach((alias, tensor) -> protos.put(alias, encode(tensor)));
        return protos;
    }

    public TensorProto encode(Tensor tensor) {
        return TensorProtoWriter.write(tensor, encoding);
    }
}
