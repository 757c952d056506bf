package dev.hearth.endpoints.cloudevents;

/** How a call carries its event, if any; the answer comes in the same mode. */
public enum EventMode {
    /** A plain HTTP call. */
    NONE,
    /** Attributes in {@code ce-} headers, data in the body. */
    BINARY,
    /** One JSON object with attributes and data. */
    STRUCTURED
}
