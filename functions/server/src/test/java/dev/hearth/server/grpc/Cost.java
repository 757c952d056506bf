package dev.hearth.server.grpc;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/** A step's result and the bytes that it allocated, at its second run: the first loads classes. */
record Cost<T>(T result, long bytes) {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What is measured. */
    interface Step<T> {
        T run() throws IOException;
    }

    static <T> Cost<T> of(Step<T> step) throws IOException {
        step.run();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        T result = step.run();
        return new Cost<>(result, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
}
