package dev.hearth.backend.tensorflow;

import java.util.List;
import org.tensorflow.proto.NodeDef;

/** Parts of graphs that no model has. */
final class Graphs {

    private Graphs() {}

    static NodeDef node(String name, String op, String... inputs) {
        return NodeDef.newBuilder()
                .setName(name)
                .setOp(op)
                .addAllInput(List.of(inputs))
                .build();
    }
}
