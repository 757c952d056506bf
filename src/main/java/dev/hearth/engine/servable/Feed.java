package dev.hearth.engine.servable;

import dev.hearth.engine.tensor.Tensor;

/** A value for one tensor of a model, by the runtime's name of that tensor (not by alias). */
public record Feed(String tensorName, Tensor value) {}
