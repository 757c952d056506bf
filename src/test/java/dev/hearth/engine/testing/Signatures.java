package dev.hearth.engine.testing;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/** Builds signatures for tests: the tensor of alias {@code x} in signature {@code s} is {@code s_x:0}. */
public final class Signatures {

    private final String name;
    private final String method;
    private final Map<String, TensorSpec> inputs = new LinkedHashMap<>();
    private final Map<String, TensorSpec> outputs = new LinkedHashMap<>();

    private Signatures(String name, String method) {
        this.name = name;
        this.method = method;
    }

    public static Signatures predict(String name) {
        return new Signatures(name, Signature.PREDICT_METHOD);
    }

    public static Signatures named(String name, String method) {
        return new Signatures(name, method);
    }

    public Signatures in(String alias, DataType type, long... dims) {
        inputs.put(alias, new TensorSpec(name + "_" + alias + ":0", type, Shape.of(dims)));
        return this;
    }

    public Signatures out(String alias, DataType type, long... dims) {
        outputs.put(alias, new TensorSpec(name + "_" + alias + ":0", type, Shape.of(dims)));
        return this;
    }

    public Signature build() {
        return new Signature(name, method, inputs, outputs, Map.of());
    }

    /** {@code serving_default}: float {@code x} [-1,2] to float {@code y} [-1,2]. */
    public static Signature floats() {
        return predict(Signature.SERVING_DEFAULT)
                .in("x", DataType.FLOAT, -1, 2)
                .out("y", DataType.FLOAT, -1, 2)
                .build();
    }
}
