package dev.hearth.engine.predict;

import dev.hearth.engine.time.Deadline;
import java.util.List;

/**
 * A classify or regress call: serialized {@code tensorflow.Example} records, one a row.
 *
 * @param signatureName empty means {@code serving_default}
 * @param examples serialized records; the arrays are given away
 */
public record ExamplesRequest(String signatureName, List<byte[]> examples, Deadline deadline) {}
