package dev.hearth.backend.tensorflow;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jboss.logging.Logger;

/** The C library's heap, which keeps freed memory for later unless it is told to give it back. */
final class NativeHeap {

    private static final Logger LOG = Logger.getLogger(NativeHeap.class);

    private NativeHeap() {}

    /** Gives freed memory back to the operating system, where the JDK can (17.0.9 or newer, Linux with glibc). */
    static void trim() {
        try {
            Object answer = ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "systemTrimNativeHeap",
                            new Object[0],
                            new String[0]);
            LOG.debugf("Native heap trimmed: %s", answer);
        } catch (JMException e) {
            LOG.debugf("The native heap cannot be trimmed: %s", e.getMessage());
        }
    }
}
