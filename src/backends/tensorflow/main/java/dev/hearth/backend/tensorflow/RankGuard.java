package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.tensor.Shape;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Refuses inputs whose number of dimensions is not the signature's, for graphs in which TensorFlow would end the process
 * over it instead of failing the run. Other graphs get any shape, as in TensorFlow Serving: their ops decide.
 *
 * <p>Seen in TensorFlow 2.18: oneDNN's convolutions and poolings look the channels' dimension up by its index ({@code
 * Check failed: index >= 0 && index < num_total_dims} in tensor_format.h) before anything checks that there is one.
 */
final class RankGuard {

    static final RankGuard NONE = new RankGuard(Map.of());

    private static final List<String> ABORTING =
            List.of("Conv2D", "Conv3D", "DepthwiseConv2d", "MaxPool", "AvgPool", "FusedBatchNorm");

    /** By tensor name; all with a known rank. */
    private final Map<String, Shape> declared;

    private RankGuard(Map<String, Shape> declared) {
        this.declared = declared;
    }

    /** Whether runs of graphs with this op must be guarded. */
    static boolean abortsOnRank(String op) {
        return ABORTING.stream().anyMatch(op::startsWith);
    }

    static RankGuard of(Collection<Signature> signatures) {
        return new RankGuard(signatures.stream()
                .flatMap(signature -> signature.inputs().values().stream())
                .filter(spec -> spec.shape().hasRank())
                .collect(Collectors.toUnmodifiableMap(
                        TensorSpec::tensorName, TensorSpec::shape, (first, second) -> first)));
    }

    /**
     * Checks what is about to be fed.
     *
     * @throws ServingException INVALID_ARGUMENT naming the tensor and both shapes
     */
    void check(List<Feed> feeds) {
        for (Feed feed : feeds) {
            Shape wanted = declared.get(feed.tensorName());
            Shape given = feed.value().shape();
            if (wanted != null && wanted.rank() != given.rank()) {
                throw ServingException.invalidArgument("Cannot feed value of shape " + given + " for Tensor "
                        + feed.tensorName() + ", which has shape " + wanted);
            }
        }
    }
}
