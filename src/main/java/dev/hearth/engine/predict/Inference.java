package dev.hearth.engine.predict;

import dev.hearth.engine.model.ServableId;

/** The answer to serialized examples: a {@link Classification} or a {@link Regression}. */
public sealed interface Inference permits Classification, Regression {

    /** Model and version that answered. */
    ServableId id();

    /** The signature that ran, never empty. */
    String signatureName();
}
