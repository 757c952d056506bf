package dev.hearth.engine.lifecycle;

/** To which versions labels may be set. */
public enum LabelRule {
    /** Only to versions that are AVAILABLE now; TensorFlow Serving's default. */
    AVAILABLE_ONLY,
    /**
     * A label that the model has not yet, or that stays where it is, may point anywhere; moving one needs an AVAILABLE
     * version. TensorFlow Serving's {@code --allow_version_labels_for_unavailable_models}.
     */
    NEW_LABELS_ANYWHERE,
    /** Any label anywhere: for the first configuration, whose models are not loaded yet. */
    ANYWHERE
}
