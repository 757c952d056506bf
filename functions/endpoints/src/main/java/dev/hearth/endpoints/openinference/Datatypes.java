package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The protocol's names of element types. Complex, quantized and resource types have none. Stateless. */
public final class Datatypes {

    public static final String BYTES = "BYTES";

    private static final Map<String, DataType> BY_NAME = new HashMap<>();

    static {
        for (DataType type : DataType.values()) {
            find(type).ifPresent(name -> BY_NAME.put(name, type));
        }
    }

    private Datatypes() {}

    /** The name; empty for types that the protocol does not have. */
    public static Optional<String> find(DataType type) {
        return Optional.ofNullable(
                switch (type) {
                    case BOOL -> "BOOL";
                    case INT8 -> "INT8";
                    case INT16 -> "INT16";
                    case INT32 -> "INT32";
                    case INT64 -> "INT64";
                    case UINT8 -> "UINT8";
                    case UINT16 -> "UINT16";
                    case UINT32 -> "UINT32";
                    case UINT64 -> "UINT64";
                    case HALF -> "FP16";
                    case BFLOAT16 -> "BF16";
                    case FLOAT -> "FP32";
                    case DOUBLE -> "FP64";
                    case STRING -> BYTES;
                    default -> null;
                });
    }

    /** The name of a type that {@link #requireAll} has let pass. */
    public static String name(DataType type) {
        return find(type)
                .orElseThrow(() -> ServingException.unimplemented("The Open Inference Protocol has no datatype for "
                        + type.typeName() + " tensors; use TensorFlow Serving's API"));
    }

    /**
     * The type with this name.
     *
     * @param what names the tensor in errors, e.g. {@code input 'x'}
     * @throws ServingException INVALID_ARGUMENT
     */
    public static DataType of(String what, String name) {
        DataType type = BY_NAME.get(name);
        if (type == null) {
            throw ServingException.invalidArgument(what + " has an unknown datatype '" + name + "'");
        }
        return type;
    }

    /**
     * Checks that the protocol can name the tensors.
     *
     * @throws ServingException UNIMPLEMENTED naming the tensor
     */
    static void requireAll(String model, Map<String, TensorSpec> specs, Collection<String> aliases) {
        for (String alias : aliases) {
            TensorSpec spec = specs.get(alias);
            if (spec != null && find(spec.type()).isEmpty()) {
                throw ServingException.unimplemented("tensor '" + alias + "' of model '" + model + "' has type "
                        + spec.type().typeName() + ", for which the Open Inference Protocol has no datatype; use"
                        + " TensorFlow Serving's API");
            }
        }
    }
}
