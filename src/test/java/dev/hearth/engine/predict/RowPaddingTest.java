package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowPaddingTest {

    /** Element by element: what lies inside the old shape stays, what lies outside is the first element. */
    private static int[] naive(Tensor tensor, Shape target) {
        var from = tensor.data().asIntBuffer();
        int[] padded = new int[(int) target.elements()];
        for (int i = 0; i < padded.length; i++) {
            boolean inside = true;
            int rest = i;
            int source = 0;
            int stride = 1;
            for (int d = target.rank() - 1; d >= 0; d--) {
                int index = rest % (int) target.dim(d);
                rest /= (int) target.dim(d);
                inside &= index < tensor.shape().dim(d);
                source += index * stride;
                stride *= (int) tensor.shape().dim(d);
            }
            padded[i] = inside ? from.get(source) : from.get(0);
        }
        return padded;
    }

    @Test
    void padsAsTheNaiveWayDoesInEveryRank() {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            int rank = 1 + random.nextInt(RowPadding.LARGEST_RANK);
            long[] small = new long[rank];
            long[] large = new long[rank];
            for (int d = 0; d < rank; d++) {
                small[d] = 1 + random.nextInt(3);
                large[d] = d == 0 ? small[d] : small[d] + random.nextInt(3);
            }
            Shape shape = Shape.of(small);
            Tensor tensor =
                    Tensor.ofInts(shape, random.ints(shape.elements(), 1, 1000).toArray());

            Tensor padded = RowPadding.pad(tensor, Shape.of(large).dropFirst());

            assertThat(padded.shape()).isEqualTo(Shape.of(large));
            int[] values = new int[(int) padded.shape().elements()];
            padded.data().asIntBuffer().get(values);
            assertThat(values).isEqualTo(naive(tensor, Shape.of(large)));
        }
    }

    @Test
    void largestRowTakesEachDimensionForItself() {
        Tensor a = Tensor.ofInts(Shape.of(1, 2, 1), 1, 2);
        Tensor b = Tensor.ofInts(Shape.of(2, 1, 2), 1, 2, 3, 4);

        assertThat(RowPadding.largestRow(List.of(a, b))).isEqualTo(Shape.of(2, 2));
    }
}
