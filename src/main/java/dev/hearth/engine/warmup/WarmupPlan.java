package dev.hearth.engine.warmup;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Made-up requests for signatures: zeros and empty strings, in the sizes that traffic will have. Unknown dimensions after
 * the first are 1. A guess: whether a model likes them says nothing about the model.
 */
final class WarmupPlan {

    /** More sizes, or larger tensors, cost start-up time that they do not give back. */
    private static final int MOST_SIZES = 16;

    private static final long LARGEST_TENSOR_BYTES = 64L << 20;

    /**
     * One made-up request.
     *
     * @param rows 0 where the signature does not count rows
     */
    record Step(String signature, long rows, WarmupRequest request) {}

    private WarmupPlan() {}

    /** Requests of 1 row and of each of these sizes, for every signature that they can be made up for; small ones first. */
    static List<Step> synthetic(Collection<Signature> signatures, Collection<Integer> batchSizes) {
        TreeSet<Integer> sizes = new TreeSet<>(batchSizes);
        sizes.add(1);
        List<Step> steps = new ArrayList<>();
        for (int size : sizes.stream().limit(MOST_SIZES).toList()) {
            for (Signature signature : signatures) {
                if (isCallable(signature) && (size == 1 || countsRows(signature))) {
                    request(signature, size)
                            .ifPresent(request -> steps.add(new Step(
                                    signature.name(),
                                    countsRows(signature) ? size : 0,
                                    new WarmupRequest.Predict(request))));
                }
            }
        }
        return steps;
    }

    private static boolean isCallable(Signature signature) {
        return !signature.name().startsWith("__")
                && !signature.inputs().isEmpty()
                && !signature.outputs().isEmpty();
    }

    /** Whether the first dimension of any input is open. */
    private static boolean countsRows(Signature signature) {
        return signature.inputs().values().stream()
                .map(TensorSpec::shape)
                .anyMatch(shape -> !shape.hasRank() || (shape.rank() > 0 && shape.dim(0) < 0));
    }

    private static Optional<PredictRequest> request(Signature signature, int rows) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (Map.Entry<String, TensorSpec> input : signature.inputs().entrySet()) {
            if (signature.defaults().containsKey(input.getKey())) {
                continue;
            }
            DataType type = input.getValue().type();
            Shape shape = shape(input.getValue().shape(), rows);
            boolean possible = type == DataType.STRING || type.isFixedWidth();
            if (!possible
                    || isPictureOfUnknownSize(input.getValue().shape())
                    || bytes(type, shape) > LARGEST_TENSOR_BYTES) {
                return Optional.empty();
            }
            inputs.put(input.getKey(), Tensor.zeros(type, shape));
        }
        return Optional.of(new PredictRequest(signature.name(), inputs, List.of(), Deadline.NONE));
    }

    /** A picture of one pixel is not what such models are made for, and some runtimes end the process over it. */
    private static boolean isPictureOfUnknownSize(Shape declared) {
        boolean unknown = false;
        for (int i = 1; i < declared.rank(); i++) {
            unknown |= declared.dim(i) < 0;
        }
        return unknown && declared.rank() >= 4;
    }

    private static Shape shape(Shape declared, int rows) {
        if (!declared.hasRank()) {
            return Shape.of(rows);
        }
        long[] dims = declared.toArray();
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] < 0) {
                dims[i] = i == 0 ? rows : 1;
            }
        }
        return Shape.of(dims);
    }

    private static long bytes(DataType type, Shape shape) {
        try {
            return Math.multiplyExact(shape.elements(), (long) Math.max(type.byteSize(), 16));
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE;
        }
    }
}
