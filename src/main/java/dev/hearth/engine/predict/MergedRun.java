package dev.hearth.engine.predict;

import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.batching.Slice;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of several requests as one run: joined in order without copying, padded to an allowed size with the first row
 * of the last request.
 *
 * @param rows of the requests, without padding
 */
record MergedRun(List<Slice<TensorTask>> slices, RunRequest request, int rows, int padding) {

    /**
     * Merges requests of one {@link BatchKey}.
     *
     * @param pads false where another row might change the answers of the others
     */
    static MergedRun of(List<Slice<TensorTask>> slices, BatchingOptions options, boolean pads) {
        int rows = slices.stream().mapToInt(Slice::rows).sum();
        int padding = pads ? options.paddedRows(rows) - rows : 0;
        RunRequest first = slices.get(0).task().request();
        if (slices.size() == 1 && padding == 0 && slices.get(0).whole()) {
            return new MergedRun(slices, first, rows, 0);
        }
        Deadline latest = first.deadline();
        for (Slice<TensorTask> slice : slices) {
            latest = latest.max(slice.task().deadline());
        }
        List<Feed> feeds = new ArrayList<>(first.feeds().size());
        for (int i = 0; i < first.feeds().size(); i++) {
            List<Tensor> parts = new ArrayList<>(slices.size() + padding);
            for (Slice<TensorTask> slice : slices) {
                parts.add(tensor(slice, i).slice(slice.from(), slice.rows()));
            }
            if (options.padVariableLengthInputs()) {
                Shape row = RowPadding.largestRow(parts);
                parts.replaceAll(part -> RowPadding.pad(part, row));
            }
            if (padding > 0) {
                Tensor filler = parts.get(parts.size() - 1).slice(0, 1);
                parts.addAll(Collections.nCopies(padding, filler));
            }
            feeds.add(new Feed(first.feeds().get(i).tensorName(), Tensor.concat(parts)));
        }
        boolean joint = slices.size() > 1;
        RunRequest merged = new RunRequest(feeds, first.fetches(), latest, first.priority(), joint);
        return new MergedRun(slices, merged, rows, padding);
    }

    /** Fails the requests that no padding can bring to the shape of the others, and returns the rest. */
    static List<Slice<TensorTask>> withoutEmpty(List<Slice<TensorTask>> slices) {
        List<Slice<TensorTask>> kept = slices;
        for (int i = 0; i < slices.get(0).task().request().feeds().size(); i++) {
            int feed = i;
            boolean anyFull = slices.stream()
                    .anyMatch(slice -> tensor(slice, feed).shape().elements() > 0);
            List<Slice<TensorTask>> empty = slices.stream()
                    .filter(slice -> anyFull && tensor(slice, feed).shape().elements() == 0)
                    .toList();
            if (!empty.isEmpty()) {
                ServingException error =
                        ServingException.invalidArgument("Got empty tensor in batch of non-empty tensors.");
                empty.forEach(slice -> slice.task().fail(error));
                kept = kept.stream().filter(slice -> !empty.contains(slice)).toList();
            }
        }
        return kept;
    }

    private static Tensor tensor(Slice<TensorTask> slice, int feed) {
        return slice.task().request().feeds().get(feed).value();
    }

    /** Why these outputs cannot be cut apart by rows, or null when they can. */
    @Nullable
    ServingException mismatch(List<Tensor> outputs) {
        for (Tensor output : outputs) {
            if (output.shape().rank() == 0) {
                return new ServingException(ErrorCode.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions");
            }
            if (output.rows() != rows + padding) {
                return new ServingException(
                        ErrorCode.FAILED_PRECONDITION,
                        "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of"
                                + " the input tensors");
            }
        }
        return null;
    }

    /** Gives each request its rows of the outputs. */
    void deal(List<Tensor> outputs) {
        int at = 0;
        for (Slice<TensorTask> slice : slices) {
            List<Tensor> cut = new ArrayList<>(outputs.size());
            for (Tensor output : outputs) {
                cut.add(output.slice(at, slice.rows()));
            }
            at += slice.rows();
            slice.task().give(slice.from(), slice.rows(), cut);
        }
    }
}
