package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Padding of all dimensions but the first, at their ends, with the tensor's own first element: TensorFlow Serving's
 * {@code pad_variable_length_inputs}. What is padded is not cut from the outputs.
 */
final class RowPadding {

    static final int LARGEST_RANK = 6;

    private RowPadding() {}

    /** The smallest row shape into which a row of each tensor fits; all have the same rank. */
    static Shape largestRow(List<Tensor> tensors) {
        long[] largest = tensors.get(0).shape().dropFirst().toArray();
        for (Tensor tensor : tensors) {
            for (int i = 0; i < largest.length; i++) {
                largest[i] = Math.max(largest[i], tensor.shape().dim(i + 1));
            }
        }
        return Shape.of(largest);
    }

    /** The tensor with each row padded to that shape; the tensor itself where nothing is missing. */
    static Tensor pad(Tensor tensor, Shape row) {
        if (tensor.shape().dropFirst().equals(row)) {
            return tensor;
        }
        if (tensor.shape().elements() == 0) {
            throw ServingException.invalidArgument("Got empty tensor in batch of non-empty tensors.");
        }
        long[] to = new long[row.rank() + 1];
        to[0] = tensor.rows();
        System.arraycopy(row.toArray(), 0, to, 1, row.rank());
        Shape target = Shape.of(to);
        int elements = Math.toIntExact(target.elements());
        if (tensor.type() == DataType.STRING) {
            byte[][] from = tensor.strings();
            byte[][] padded = new byte[elements][];
            Arrays.fill(padded, from[0]);
            copyRuns(tensor.shape(), target, (at, source, count) -> System.arraycopy(from, source, padded, at, count));
            return Tensor.ofStrings(target, padded);
        }
        int width = tensor.type().byteSize();
        ByteBuffer from = tensor.data();
        byte[] padded = new byte[Math.multiplyExact(elements, width)];
        for (int i = 0; i < padded.length; i++) {
            padded[i] = from.get(i % width);
        }
        copyRuns(
                tensor.shape(),
                target,
                (at, source, count) -> from.get(source * width, padded, at * width, count * width));
        return Tensor.of(tensor.type(), target, ByteBuffer.wrap(padded));
    }

    @FunctionalInterface
    private interface Copy {
        void run(int target, int source, int count);
    }

    /** Calls the copy for each stretch of elements that lie side by side in both shapes. */
    private static void copyRuns(Shape source, Shape target, Copy copy) {
        int last = source.rank() - 1;
        int run = Math.toIntExact(source.dim(last));
        int runs = Math.toIntExact(source.elements() / run);
        long[] index = new long[last];
        for (int i = 0; i < runs; i++) {
            long at = 0;
            for (int d = 0; d < last; d++) {
                at = at * target.dim(d) + index[d];
            }
            copy.run(Math.toIntExact(at * target.dim(last)), i * run, run);
            for (int d = last - 1; d >= 0 && ++index[d] == source.dim(d); d--) {
                index[d] = 0;
            }
        }
    }
}
