package dev.hearth.engine.predict;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Whether the answer to a row depends on that row alone. Nobody asked for batching where it is on by default, so a kind of
 * request is batched only after two different requests have been seen to get the same answers together as apart: a first
 * dimension can be a sequence, and a model can normalise over its batch.
 *
 * <p>Floating-point outputs may differ by what another order of summing makes, everything else must be equal.
 */
final class RowwiseCheck {

    private static final double TOLERANCE = 1e-3;

    private RowwiseCheck() {}

    /**
     * Runs both requests apart and then together. What the joined run throws is passed on where it says nothing about rows.
     *
     * @return UNKNOWN where memory did not suffice for both together
     */
    static RowFinding compare(Function<RunRequest, List<Tensor>> model, RunRequest one, RunRequest other) {
        List<Tensor> first = model.apply(one);
        List<Tensor> second = model.apply(other);
        List<Tensor> both;
        try {
            both = model.apply(join(one, other));
        } catch (RuntimeException e) {
            ServingException error = ServingException.from(e);
            if (TensorBatchRunner.isAboutTheServer(error)) {
                throw e;
            }
            return error.code() == ErrorCode.RESOURCE_EXHAUSTED ? RowFinding.UNKNOWN : RowFinding.DEPENDENT;
        }
        long rows = one.feeds().get(0).value().rows();
        long others = other.feeds().get(0).value().rows();
        for (int i = 0; i < both.size(); i++) {
            Tensor joined = both.get(i);
            if (joined.shape().rank() == 0
                    || joined.rows() != rows + others
                    || !near(joined.slice(0, rows), first.get(i))
                    || !near(joined.slice(rows, others), second.get(i))) {
                return RowFinding.DEPENDENT;
            }
        }
        return sameInputs(one, other) ? RowFinding.EQUAL_REQUESTS_ONLY : RowFinding.ROWWISE;
    }

    private static RunRequest join(RunRequest one, RunRequest other) {
        List<Feed> feeds = new ArrayList<>();
        for (int i = 0; i < one.feeds().size(); i++) {
            Feed feed = one.feeds().get(i);
            feeds.add(new Feed(
                    feed.tensorName(),
                    Tensor.concat(List.of(feed.value(), other.feeds().get(i).value()))));
        }
        return new RunRequest(feeds, one.fetches(), one.deadline().max(other.deadline()), one.priority(), true);
    }

    /** Whether the requests say the same in every input. */
    static boolean sameInputs(RunRequest one, RunRequest other) {
        for (int i = 0; i < one.feeds().size(); i++) {
            if (!equal(one.feeds().get(i).value(), other.feeds().get(i).value())) {
                return false;
            }
        }
        return true;
    }

    /** Whether both say the same, to the last bit. */
    static boolean equal(Tensor one, Tensor other) {
        if (one.type() != other.type() || !one.shape().equals(other.shape())) {
            return false;
        }
        return one.type() == DataType.STRING
                ? Arrays.deepEquals(one.strings(), other.strings())
                : one.data().equals(other.data());
    }

    private static boolean near(Tensor one, Tensor other) {
        if (equal(one, other)) {
            return true;
        }
        if (!one.shape().equals(other.shape()) || one.type() != other.type()) {
            return false;
        }
        ByteBuffer a = one.type() == DataType.STRING ? ByteBuffer.allocate(0) : one.data();
        ByteBuffer b = one.type() == DataType.STRING ? a : other.data();
        return switch (one.type()) {
            case FLOAT -> near(a.asFloatBuffer(), b.asFloatBuffer());
            case DOUBLE -> {
                boolean all = true;
                while (a.hasRemaining()) {
                    all &= near(a.getDouble(), b.getDouble());
                }
                yield all;
            }
            case BFLOAT16 -> {
                boolean all = true;
                while (a.hasRemaining()) {
                    float x = Float.intBitsToFloat(a.getShort() << 16);
                    float y = Float.intBitsToFloat(b.getShort() << 16);
                    all &= Math.abs(x - y) <= 0.05 * Math.max(1, Math.abs(x)) || Float.compare(x, y) == 0;
                }
                yield all;
            }
            default -> false;
        };
    }

    private static boolean near(FloatBuffer a, FloatBuffer b) {
        boolean all = true;
        while (a.hasRemaining()) {
            all &= near(a.get(), b.get());
        }
        return all;
    }

    private static boolean near(double a, double b) {
        return Double.compare(a, b) == 0 || Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
    }
}
