package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import java.io.IOException;

/** Strings in {@code tensor_content}, as TensorFlow's C++ writes them: all lengths as varints, then all bytes. */
final class StringContent {

    private StringContent() {}

    /** Fills the array; the content must hold exactly its elements. */
    static void read(String alias, ByteString content, byte[][] elements) {
        CodedInputStream in = content.newCodedInput();
        try {
            int[] lengths = new int[elements.length];
            long total = 0;
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = in.readRawVarint32();
                total += Integer.toUnsignedLong(lengths[i]);
            }
            if (total != content.size() - in.getTotalBytesRead()) {
                throw TensorProtoReader.error(alias, "tensor_content does not hold the strings that it announces");
            }
            for (int i = 0; i < lengths.length; i++) {
                elements[i] = in.readRawBytes(lengths[i]);
            }
        } catch (IOException e) {
            throw TensorProtoReader.error(alias, "tensor_content holds fewer strings than the shape");
        }
    }
}
