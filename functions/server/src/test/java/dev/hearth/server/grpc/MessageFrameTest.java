package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageFrameTest {

    private static final byte[] MESSAGE = bytes(3_000_000);

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 7, 1000, 16_384, 4_000_000})
    void putsAMessageTogetherFromPieces(int piece) throws IOException {
        byte[] message = piece < 1000 ? bytes(50) : MESSAGE;
        MessageFrame frame = new MessageFrame(4_000_000);
        byte[] all = framed(0, message);
        for (int at = 0; at < all.length; at += piece) {
            frame.add(Buffer.buffer(all).getBuffer(at, Math.min(all.length, at + piece)));
        }
        frame.complete();

        assertThat(frame.size()).isEqualTo(all.length);
        assertThat(frame.content(null).readRawBytes(message.length)).isEqualTo(message);
        assertThat(frame.content(null).getTotalBytesRead()).isZero();
    }

    @Test
    void readsAnEmptyMessage() throws IOException {
        MessageFrame frame = new MessageFrame(10);
        frame.add(Buffer.buffer(framed(0, new byte[0])));
        frame.complete();

        assertThat(frame.content(null).isAtEnd()).isTrue();
    }

    @Test
    void unpacksGzipUpToItsLimit() throws IOException {
        MessageFrame frame = new MessageFrame(4_000_000, MESSAGE.length);
        frame.add(Buffer.buffer(framed(1, gzip(MESSAGE))));
        frame.complete();
        assertThat(frame.content("gzip").readRawBytes(MESSAGE.length)).isEqualTo(MESSAGE);

        MessageFrame narrow = new MessageFrame(4_000_000, MESSAGE.length - 1);
        narrow.add(Buffer.buffer(framed(1, gzip(MESSAGE))));
        refused(() -> narrow.content("gzip"), ErrorCode.RESOURCE_EXHAUSTED, "Decompressed message larger than max");
    }

    @Test
    void namesAnEncodingThatItDoesNotKnow() {
        MessageFrame frame = new MessageFrame(100);
        frame.add(Buffer.buffer(framed(1, new byte[3])));
        refused(() -> frame.content("deflate"), ErrorCode.UNIMPLEMENTED, "grpc-encoding deflate is not supported");
        refused(() -> frame.content(null), ErrorCode.UNIMPLEMENTED, "grpc-encoding null");
        refused(() -> frame.content("gzip"), ErrorCode.INVALID_ARGUMENT, "Malformed gzip data");
    }

    @Test
    void refusesALongMessageByItsFirstBytes() {
        MessageFrame frame = new MessageFrame(1000);
        byte[] prefix = {0, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff};
        refused(
                () -> frame.add(Buffer.buffer(prefix)),
                ErrorCode.RESOURCE_EXHAUSTED,
                "Received message larger than max (2147483647 vs. 1000)");
        byte[] negative = {0, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff};
        refused(
                () -> new MessageFrame(Long.MAX_VALUE).add(Buffer.buffer(negative)),
                ErrorCode.RESOURCE_EXHAUSTED,
                "Received message larger than max (4294967295 vs. ");
    }

    @Test
    void refusesWhatIsNotOneMessage() {
        refused(() -> new MessageFrame(9).complete(), ErrorCode.INVALID_ARGUMENT, "No message in a unary call");
        MessageFrame half = new MessageFrame(9);
        half.add(Buffer.buffer(framed(0, new byte[4])).getBuffer(0, 7));
        refused(half::complete, ErrorCode.INVALID_ARGUMENT, "The message ends after 2 of 4 bytes");
        Buffer two = Buffer.buffer(framed(0, new byte[4])).appendBytes(framed(0, new byte[4]));
        refused(() -> new MessageFrame(9).add(two), ErrorCode.INVALID_ARGUMENT, "More than one message");
        MessageFrame second = new MessageFrame(9);
        second.add(Buffer.buffer(framed(0, new byte[4])));
        refused(() -> second.add(Buffer.buffer(new byte[1])), ErrorCode.INVALID_ARGUMENT, "More than one message");
        refused(
                () -> new MessageFrame(9).add(Buffer.buffer(framed(7, new byte[4]))),
                ErrorCode.INVALID_ARGUMENT,
                "Malformed gRPC frame");
    }

    private static void refused(ThrowingCallable call, ErrorCode code, String start) {
        assertThatThrownBy(call)
                .isInstanceOf(ServingException.class)
                .hasMessageStartingWith(start)
                .extracting(error -> ((ServingException) error).code())
                .isEqualTo(code);
    }

    private static byte[] framed(int flag, byte[] message) {
        return Buffer.buffer()
                .appendByte((byte) flag)
                .appendInt(message.length)
                .appendBytes(message)
                .getBytes();
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(plain);
        }
        return packed.toByteArray();
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }
}
