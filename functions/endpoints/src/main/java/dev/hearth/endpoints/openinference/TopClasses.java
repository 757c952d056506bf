package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;

/**
 * The classification extension: of each row the largest elements as texts {@code value:index} or
 * {@code value:index:label}, the largest first, of equals the one with the lower index. Stateless.
 */
final class TopClasses {

    private TopClasses() {}

    /** One element; a not-a-number is less than every number. */
    private record Element(int index, double value, long whole) {}

    /**
     * @param name of the output, for errors
     * @param batched whether the first dimension counts rows; else the whole tensor is one
     * @param labels by index; what it does not reach has none
     * @return BYTES with {@code count} elements a row, or as many as a row has
     * @throws ServingException INVALID_ARGUMENT for elements that are no numbers
     */
    static Tensor of(String name, Tensor tensor, int count, boolean batched, List<String> labels) {
        boolean rows = batched && tensor.shape().rank() > 0;
        int rowCount = rows ? Math.toIntExact(tensor.rows()) : 1;
        int width = rowCount == 0 ? 0 : Math.toIntExact(tensor.shape().elements() / rowCount);
        int kept = Math.min(count, width);
        ByteBuffer data = numbers(name, tensor);
        byte[][] texts = new byte[Math.multiplyExact(rowCount, kept)][];
        for (int row = 0; row < rowCount; row++) {
            PriorityQueue<Element> largest = new PriorityQueue<>(kept + 1, TopClasses::compare);
            for (int i = 0; i < width; i++) {
                largest.add(element(tensor.type(), data, row * width + i, i));
                if (largest.size() > kept) {
                    largest.remove();
                }
            }
            for (int i = kept - 1; i >= 0; i--) {
                texts[row * kept + i] = text(tensor.type(), largest.remove(), labels);
            }
        }
        return Tensor.ofStrings(rows ? Shape.of(rowCount, kept) : Shape.of(kept), texts);
    }

    private static ByteBuffer numbers(String name, Tensor tensor) {
        return switch (tensor.type()) {
            case FLOAT, DOUBLE, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 ->
                tensor.data().order(ByteOrder.LITTLE_ENDIAN);
            default ->
                throw ServingException.invalidArgument("class result not available for output '" + name
                        + "' due to unsupported type '" + Datatypes.name(tensor.type()) + "'");
        };
    }

    /** The smaller first, of equals the one behind. */
    private static int compare(Element a, Element b) {
        boolean aNone = Double.isNaN(a.value);
        boolean bNone = Double.isNaN(b.value);
        int byValue = aNone || bNone ? Boolean.compare(bNone, aNone) : Double.compare(a.value, b.value);
        // Integers beyond 2^53 look equal as doubles.
        byValue = byValue == 0 ? Long.compare(a.whole, b.whole) : byValue;
        return byValue == 0 ? Integer.compare(b.index, a.index) : byValue;
    }

    private static Element element(DataType type, ByteBuffer data, int at, int index) {
        return switch (type) {
            case FLOAT -> new Element(index, data.getFloat(at * 4), 0);
            case DOUBLE -> new Element(index, data.getDouble(at * 8), 0);
            case UINT64 -> unsigned(index, data.getLong(at * 8));
            case INT64 -> whole(index, data.getLong(at * 8));
            case INT32 -> whole(index, data.getInt(at * 4));
            case UINT32 -> whole(index, data.getInt(at * 4) & 0xFFFFFFFFL);
            case INT16 -> whole(index, data.getShort(at * 2));
            case UINT16 -> whole(index, data.getShort(at * 2) & 0xFFFF);
            case INT8 -> whole(index, data.get(at));
            default -> whole(index, data.get(at) & 0xFF);
        };
    }

    private static Element whole(int index, long value) {
        return new Element(index, value, value);
    }

    /** As a double it is rounded; the long behind keeps the order among those that round to the same. */
    private static Element unsigned(int index, long bits) {
        double value = (bits >>> 1) * 2.0 + (bits & 1);
        return new Element(index, value, bits);
    }

    private static byte[] text(DataType type, Element element, List<String> labels) {
        String value =
                switch (type) {
                    case FLOAT, DOUBLE -> fixed(element.value);
                    case UINT64 -> Long.toUnsignedString(element.whole);
                    default -> Long.toString(element.whole);
                };
        String label = element.index < labels.size() ? labels.get(element.index) : "";
        String text = value + ":" + element.index + (label.isEmpty() ? "" : ":" + label);
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Six decimals, as Triton writes them. */
    private static String fixed(double value) {
        return Double.isFinite(value)
                ? String.format(Locale.ROOT, "%f", value)
                : Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }
}
