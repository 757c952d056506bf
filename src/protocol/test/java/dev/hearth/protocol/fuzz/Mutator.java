package dev.hearth.protocol.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages samples at random, the same way for the same seed: bytes changed, cut out, doubled, swapped between samples. */
public final class Mutator {

    private static final byte[] INTERESTING = {
        0, 1, -1, 127, -128, '{', '}', '[', ']', '"', '\\', '0', '9', 'e', '\n', ' '
    };

    private final Random random;
    private final List<byte[]> samples = new ArrayList<>();

    public Mutator(long seed) {
        this.random = new Random(seed);
    }

    public Mutator with(byte[] sample) {
        samples.add(sample);
        return this;
    }

    /** A damaged sample; now and then a whole one, or noise. */
    public byte[] next() {
        byte[] bytes = samples.get(random.nextInt(samples.size())).clone();
        if (random.nextInt(100) == 0) {
            bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
        }
        int changes = random.nextInt(6);
        for (int i = 0; i < changes; i++) {
            bytes = change(bytes);
        }
        return bytes;
    }

    private byte[] change(byte[] bytes) {
        int at = random.nextInt(bytes.length + 1);
        switch (random.nextInt(7)) {
            case 0 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 1 -> {
                return joined(
                        Arrays.copyOf(bytes, at), from(bytes, Math.min(bytes.length, at + 1 + random.nextInt(8))));
            }
            case 2 -> {
                byte[] part = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + random.nextInt(64)));
                return joined(Arrays.copyOf(bytes, at), part, from(bytes, at));
            }
            case 3 -> {
                byte[] other = samples.get(random.nextInt(samples.size()));
                return joined(Arrays.copyOf(bytes, at), from(other, random.nextInt(other.length + 1)));
            }
            case 4 -> {
                return joined(
                        Arrays.copyOf(bytes, at),
                        new byte[] {INTERESTING[random.nextInt(INTERESTING.length)]},
                        from(bytes, at));
            }
            default -> {
                if (at < bytes.length) {
                    bytes[at] = random.nextBoolean()
                            ? (byte) (bytes[at] ^ 1 << random.nextInt(8))
                            : INTERESTING[random.nextInt(INTERESTING.length)];
                }
                return bytes;
            }
        }
    }

    private static byte[] from(byte[] bytes, int at) {
        return Arrays.copyOfRange(bytes, at, bytes.length);
    }

    private static byte[] joined(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        byte[] all = new byte[Math.min(length, 1 << 16)];
        int at = 0;
        for (byte[] part : parts) {
            int fits = Math.min(part.length, all.length - at);
            System.arraycopy(part, 0, all, at, fits);
            at += fits;
        }
        return all;
    }
}
