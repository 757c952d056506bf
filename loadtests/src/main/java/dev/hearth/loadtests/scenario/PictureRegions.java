package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.InferenceCalls.Slice;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A picture in shared memory and room for its answer, each a file below {@code /dev/shm} that the server knows as a region.
 * Closing removes both.
 */
final class PictureRegions implements AutoCloseable {

    private static final Path MEMORY = Path.of("/dev/shm");

    private final Path from;
    private final Path to;
    private final Slice in;
    private final Slice out;

    /** @param server started with {@code --hearth.open-inference.shared-memory=true} */
    PictureRegions(RunningServer server, float[] values) throws IOException, InterruptedException {
        String name = "hearth-bench-" + ProcessHandle.current().pid();
        from = MEMORY.resolve(name + "-in");
        to = MEMORY.resolve(name + "-out");
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        Files.write(from, bytes.array());
        Files.write(to, new byte[bytes.capacity()]);
        in = register(server, "in", from, bytes.capacity());
        out = register(server, "out", to, bytes.capacity());
    }

    private static Slice register(RunningServer server, String region, Path file, int size)
            throws IOException, InterruptedException {
        String refused = server.post(
                "/v2/systemsharedmemory/region/" + region + "/register",
                "{\"key\":\"/" + file.getFileName() + "\",\"offset\":0,\"byte_size\":" + size + "}");
        if (!refused.isEmpty()) {
            throw new IllegalStateException("not registered: " + refused);
        }
        return new Slice(region, 0, size);
    }

    Slice in() {
        return in;
    }

    Slice out() {
        return out;
    }

    /** One number of the answer, once there was one. */
    float answered(int element) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(to))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getFloat(element * Float.BYTES);
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(from);
            Files.deleteIfExists(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
