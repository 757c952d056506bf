package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.CodedOutputStream;
import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.serving.ExampleListWithContext;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.tensorflow.Example;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The input of classify, regress and multi-inference calls as serialized examples, which is what the models' parsing
 * ops take. Stateless and thread-safe.
 */
public final class ExampleCodec {

    private ExampleCodec() {}

    /**
     * One serialized example a row; empty when the input has none. The bytes of a context stand in front of each
     * example's own, so that by protobuf's merge rule the example's features win.
     *
     * @param maxBytes most memory the result may take: a context is repeated for every example
     * @throws ServingException INVALID_ARGUMENT above that
     */
    public static List<byte[]> serialized(Input input, long maxBytes) {
        return switch (input.getKindCase()) {
            case EXAMPLE_LIST ->
                serialized(Example.getDefaultInstance(), input.getExampleList().getExamplesList(), maxBytes);
            case EXAMPLE_LIST_WITH_CONTEXT -> {
                ExampleListWithContext list = input.getExampleListWithContext();
                yield serialized(list.getContext(), list.getExamplesList(), maxBytes);
            }
            case KIND_NOT_SET -> List.of();
        };
    }

    private static List<byte[]> serialized(Example context, List<Example> examples, long maxBytes) {
        byte[] front = context.toByteArray();
        List<byte[]> rows = new ArrayList<>(examples.size());
        long total = 0;
        for (Example example : examples) {
            long size = (long) front.length + example.getSerializedSize();
            total += size;
            if (total > maxBytes || size > Integer.MAX_VALUE) {
                throw ServingException.invalidArgument("The " + examples.size()
                        + " examples with their context take more memory than the " + maxBytes
                        + " bytes that are allowed");
            }
            rows.add(join(front, example, (int) size));
        }
        return rows;
    }

    private static byte[] join(byte[] front, Example example, int size) {
        if (front.length == 0) {
            return example.toByteArray();
        }
        byte[] row = new byte[size];
        System.arraycopy(front, 0, row, 0, front.length);
        try {
            example.writeTo(CodedOutputStream.newInstance(row, front.length, size - front.length));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return row;
    }
}
