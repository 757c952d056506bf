package dev.hearth.engine.model;

import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;

/**
 * One input or output of a signature.
 *
 * @param tensorName the runtime's name of the tensor, e.g. {@code serving_default_x:0}
 * @param type element type the runtime expects or gives
 * @param shape what the model declares; sizes may be unknown
 */
public record TensorSpec(String tensorName, DataType type, Shape shape) {}
