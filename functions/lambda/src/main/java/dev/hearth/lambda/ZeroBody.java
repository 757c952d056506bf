package dev.hearth.lambda;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import java.util.Map;
import java.util.Optional;

/** A predict body of one row made up from a signature: zeros, and empty strings. Stateless. */
final class ZeroBody {

    /** A longer body costs more than the first request loses. */
    private static final long MOST_ELEMENTS = 1 << 20;

    private ZeroBody() {}

    /** Empty where none of a reasonable length can be made up. */
    static Optional<String> of(Signature signature) {
        StringBuilder body = new StringBuilder("{\"inputs\":{");
        String between = "";
        for (Map.Entry<String, TensorSpec> input : signature.inputs().entrySet()) {
            long[] dims = input.getValue().shape().hasRank()
                    ? input.getValue().shape().toArray()
                    : new long[] {1};
            long elements = 1;
            for (int i = 0; i < dims.length; i++) {
                dims[i] = dims[i] < 0 ? 1 : dims[i];
                elements *= dims[i];
                if (elements > MOST_ELEMENTS) {
                    return Optional.empty();
                }
            }
            body.append(between).append('"').append(input.getKey()).append("\":");
            append(body, dims, 0, zero(input.getValue().type()));
            between = ",";
        }
        return signature.inputs().isEmpty()
                ? Optional.empty()
                : Optional.of(body.append("}}").toString());
    }

    private static String zero(DataType type) {
        return switch (type) {
            case STRING -> "\"\"";
            case BOOL -> "false";
            case FLOAT, DOUBLE, HALF -> "0.0";
            default -> "0";
        };
    }

    private static void append(StringBuilder body, long[] dims, int level, String zero) {
        if (level == dims.length) {
            body.append(zero);
            return;
        }
        body.append('[');
        for (long i = 0; i < dims[level]; i++) {
            if (i > 0) {
                body.append(',');
            }
            append(body, dims, level + 1, zero);
        }
        body.append(']');
    }
}
