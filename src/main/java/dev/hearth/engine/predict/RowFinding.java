package dev.hearth.engine.predict;

/** What is known of whether the answer to a row depends on that row alone. */
public enum RowFinding {
    /** Nothing yet. */
    UNKNOWN,
    /** Equal requests get equal answers; that says little, and is watched until different ones meet. */
    EQUAL_REQUESTS_ONLY,
    /** Rows do not touch each other. */
    ROWWISE,
    /** Rows depend on their neighbours: never batched. */
    DEPENDENT
}
