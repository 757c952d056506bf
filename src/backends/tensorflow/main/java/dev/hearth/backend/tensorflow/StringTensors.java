package dev.hearth.backend.tensorflow;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_GetDataPointer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_GetSize;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorByteSize;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorData;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.internal.c_api.TF_TString;
import org.tensorflow.internal.c_api.TF_Tensor;

/**
 * String tensors, written by hand into one block of native memory: first a 24-byte {@code TF_TString} per element, then
 * the bytes of the long ones (layout of {@code tsl/platform/ctstring_internal.h}).
 *
 * <p>Short elements are of the SMALL kind (in place), long ones of the OFFSET kind (relative to the element, made for
 * strings in memory that somebody else owns). Neither owns memory, so the block is freed as a whole, also when an output
 * of the graph shares it; kernels that keep an element copy it. No native call per element.
 */
final class StringTensors {

    private static final int ELEMENT = 24;
    private static final int SMALL_CAPACITY = 22;
    private static final int KIND_MASK = 3;
    private static final int SMALL = 0;
    private static final int OFFSET = 2;
    private static final int LONGEST = (1 << 30) - 1;

    private StringTensors() {}

    static TF_Tensor encode(Tensor tensor) {
        byte[][] elements = tensor.strings();
        long bytes = (long) elements.length * ELEMENT;
        for (byte[] element : elements) {
            bytes += element.length > SMALL_CAPACITY ? element.length : 0;
        }
        TF_Tensor target = NativeTensors.allocate(DataType.STRING, tensor.shape(), bytes);
        if (bytes > 0) {
            write(elements, NativeTensors.memory(target, bytes));
        }
        return target;
    }

    private static void write(byte[][] elements, ByteBuffer memory) {
        int free = elements.length * ELEMENT;
        for (int i = 0; i < elements.length; i++) {
            byte[] element = elements[i];
            int at = i * ELEMENT;
            if (element.length <= SMALL_CAPACITY) {
                memory.put(at, (byte) (element.length << 2 | SMALL));
                memory.put(at + 1, element);
                memory.put(at + 1 + element.length, (byte) 0);
            } else {
                if (element.length > LONGEST) {
                    throw new ServingException(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            "A string has " + element.length + " bytes; the limit is " + LONGEST);
                }
                memory.putInt(at, element.length << 2 | OFFSET);
                memory.putInt(at + 4, free - at);
                memory.putInt(at + 8, 1);
                memory.put(free, element);
                free += element.length;
            }
        }
    }

    static Tensor decode(TF_Tensor source, Shape shape) {
        byte[][] elements = new byte[Math.toIntExact(shape.elements())][];
        if (elements.length == 0) {
            return Tensor.ofStrings(shape, elements);
        }
        ByteBuffer memory = NativeTensors.memory(source, TF_TensorByteSize(source));
        TF_TString strings = new TF_TString(TF_TensorData(source));
        for (int i = 0; i < elements.length; i++) {
            int head = memory.get(i * ELEMENT) & 0xff;
            elements[i] =
                    (head & KIND_MASK) == SMALL ? small(memory, i * ELEMENT, head >> 2) : large(strings.getPointer(i));
        }
        return Tensor.ofStrings(shape, elements);
    }

    private static byte[] small(ByteBuffer memory, int at, int length) {
        byte[] element = new byte[length];
        memory.get(at + 1, element);
        return element;
    }

    private static byte[] large(TF_TString string) {
        byte[] element = new byte[Math.toIntExact(TF_TString_GetSize(string))];
        BytePointer bytes = TF_TString_GetDataPointer(string);
        bytes.get(element);
        return element;
    }
}
