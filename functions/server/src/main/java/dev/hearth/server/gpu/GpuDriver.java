package dev.hearth.server.gpu;

import java.util.function.Consumer;

/** Tells again and again how the machine's GPUs are. */
interface GpuDriver extends AutoCloseable {

    /**
     * Begins to tell, on a thread of its own, until closed.
     *
     * @param readings gets one reading of each GPU in turn
     * @param ended called once when the driver tells no more; never after {@link #close}
     */
    void watch(Consumer<GpuReading> readings, Runnable ended);

    @Override
    void close();
}
