package dev.hearth.endpoints.codec.json;

/** How a predict request laid its values out; the answer follows. */
public enum PredictFormat {
    /** {@code instances}: one element a row. */
    ROW,
    /** {@code inputs}: one value an input. */
    COLUMNAR
}
