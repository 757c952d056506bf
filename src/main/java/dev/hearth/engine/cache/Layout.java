package dev.hearth.engine.cache;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Types and shapes of the outputs of an answer; answers of the same kind share one.
 *
 * @param owner which loaded version the answers are of, by identity
 */
record Layout(Object owner, List<DataType> types, List<Shape> shapes) {

    static Layout of(Object owner, List<Tensor> outputs) {
        List<DataType> types = new ArrayList<>(outputs.size());
        List<Shape> shapes = new ArrayList<>(outputs.size());
        for (Tensor output : outputs) {
            types.add(output.type());
            shapes.add(output.shape());
        }
        return new Layout(owner, types, shapes);
    }

    /** Whether outputs are laid out so. */
    boolean fits(List<Tensor> outputs) {
        if (outputs.size() != types.size()) {
            return false;
        }
        for (int i = 0; i < types.size(); i++) {
            if (outputs.get(i).type() != types.get(i) || !outputs.get(i).shape().equals(shapes.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Whether every output is one row, so that rows of several answers can be put together. */
    boolean isRow() {
        for (Shape shape : shapes) {
            if (shape.rank() == 0 || shape.dim(0) != 1) {
                return false;
            }
        }
        return true;
    }

    /** Whether rows of both can be put together. */
    boolean sameRows(Layout other) {
        return this == other || types.equals(other.types) && shapes.equals(other.shapes);
    }
}
