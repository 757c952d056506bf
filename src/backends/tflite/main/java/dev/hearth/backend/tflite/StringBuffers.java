package dev.hearth.backend.tflite;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.nio.ByteBuffer;

/**
 * TensorFlow Lite's layout of a string tensor ({@code tensorflow/lite/string_util.h}): the count, count + 1 offsets from
 * the start, then the bytes; 32-bit little-endian numbers.
 */
final class StringBuffers {

    private StringBuffers() {}

    static int size(byte[][] elements) {
        long size = 4L * (elements.length + 2);
        for (byte[] element : elements) {
            size += element.length;
        }
        if (size > Integer.MAX_VALUE) {
            throw new ServingException(ErrorCode.RESOURCE_EXHAUSTED, "A string tensor takes " + size + " bytes");
        }
        return (int) size;
    }

    static void write(byte[][] elements, ByteBuffer target) {
        int free = 4 * (elements.length + 2);
        target.putInt(0, elements.length);
        for (int i = 0; i < elements.length; i++) {
            target.putInt(4 * (i + 1), free);
            target.put(free, elements[i]);
            free += elements[i].length;
        }
        target.putInt(4 * (elements.length + 1), free);
    }

    static byte[][] read(ByteBuffer source) {
        byte[][] elements = new byte[source.getInt(0)][];
        for (int i = 0; i < elements.length; i++) {
            int from = source.getInt(4 * (i + 1));
            elements[i] = new byte[source.getInt(4 * (i + 2)) - from];
            source.get(from, elements[i]);
        }
        return elements;
    }
}
