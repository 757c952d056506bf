package dev.hearth.engine.canary;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a request says of who sends it, where a trial goes by that: whoever says the same is answered by the same version.
 * Kept with the thread that hands the request to the engine for as long as that takes, so that no request value has to carry
 * what hardly any request has. Immutable.
 */
public final class Affinity {

    public static final Affinity NONE = new Affinity(Map.of());

    private static final ThreadLocal<@Nullable Affinity> CURRENT = new ThreadLocal<>();

    /** Set for good by the first request that says something. */
    private static volatile boolean used;

    private final Map<String, String> values;

    /** @param values by names of headers, in lower case */
    Affinity(Map<String, String> values) {
        this.values = Map.copyOf(values);
    }

    /** Of the request that this thread hands over now. */
    public static Affinity current() {
        if (!used) {
            return NONE;
        }
        Affinity affinity = CURRENT.get();
        return affinity == null ? NONE : affinity;
    }

    /** Does the work, which hands the request over, in this thread. */
    public <T> T during(Supplier<T> work) {
        if (this == NONE) {
            return work.get();
        }
        used = true;
        CURRENT.set(this);
        try {
            return work.get();
        } finally {
            CURRENT.remove();
        }
    }

    /** All that the request says, by names of headers in lower case: who sends it on says the same. */
    public Map<String, String> headers() {
        return values;
    }

    /** What the request says under that name; null where it says nothing. */
    @Nullable
    String value(String header) {
        return values.get(header);
    }

    /**
     * A number from 0 to 1 that is the same for equal texts, in every process and at any time, and evenly spread over others.
     *
     * @param salt another one gives numbers that have nothing to do with these
     */
    static double place(String text, String salt) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : (salt + '\n' + text).getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001b3L;
        }
        // FNV-1a leaves the upper bits of short texts alike; these steps are the finisher of MurmurHash3.
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        hash ^= hash >>> 33;
        return (hash >>> 11) * 0x1.0p-53;
    }
}
