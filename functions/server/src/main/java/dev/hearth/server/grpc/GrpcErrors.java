package dev.hearth.server.grpc;

import com.google.protobuf.Any;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.hearth.engine.error.ServingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Errors as gRPC clients see them: code, text and, where trying again may help, when. Never a stack trace. */
final class GrpcErrors {

    /** TensorFlow Serving cuts texts here, so that they fit into the headers a client accepts. */
    private static final int LONGEST_TEXT = 1024;

    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private GrpcErrors() {}

    /** The text for the wire, cut as TensorFlow Serving does. */
    static String text(ServingException error) {
        String text = error.getMessage();
        if (text.length() <= LONGEST_TEXT) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(LONGEST_TEXT - 1)) ? LONGEST_TEXT - 1 : LONGEST_TEXT;
        return text.substring(0, end) + "...TRUNCATED";
    }

    /** The value of {@code grpc-message}: UTF-8 with everything but plain ASCII percent-encoded. */
    static String percentEncoded(String text) {
        int plain = 0;
        while (plain < text.length() && isPlain(text.charAt(plain))) {
            plain++;
        }
        if (plain == text.length()) {
            return text;
        }
        StringBuilder encoded = new StringBuilder(text.length() + 32);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (isPlain((char) (b & 0xff))) {
                encoded.append((char) b);
            } else {
                encoded.append('%').append(HEX[(b >> 4) & 0xf]).append(HEX[b & 0xf]);
            }
        }
        return encoded.toString();
    }

    private static boolean isPlain(char c) {
        return c >= ' ' && c <= '~' && c != '%';
    }

    /** The {@code grpc-retry-pushback-ms} that gRFC A6 lets a server send; at least one millisecond. */
    static String pushbackMillis(Duration retryAfter) {
        return Long.toString(Math.max(1, retryAfter.toMillis()));
    }

    /** The {@code google.rpc.Status} of the error with a {@code RetryInfo}. */
    static Status details(ServingException error, Duration retryAfter) {
        com.google.protobuf.Duration delay = com.google.protobuf.Duration.newBuilder()
                .setSeconds(retryAfter.getSeconds())
                .setNanos(retryAfter.getNano())
                .build();
        return Status.newBuilder()
                .setCode(error.code().number())
                .setMessage(text(error))
                .addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()))
                .build();
    }
}
