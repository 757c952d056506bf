package dev.hearth.engine.predict;

/** Where the times that a kind of requests began with come from; service refines them all. */
public enum ProfileSource {
    /** Measured before the version served. */
    MEASURED,
    /** Measured by an earlier start, or by another instance, of the same content on the same kind of machine, and kept. */
    KEPT,
    /** What the version of the model that was loaded before had learned. */
    OLDER_VERSION,
    /** A guess from requests with rows of another size. */
    SIMILAR_REQUESTS,
    /** Nothing was known: the first batches taught it. */
    SERVICE
}
