package dev.hearth.engine.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * What the kernel tells of memory: the limit of the control group, the machine's memory, the process's own use. Everything is
 * empty where the system does not tell. Sources: cgroups(7), proc(5), and the kernel's description of cgroup v2.
 */
public final class MemoryFiles {

    /** Version 1 has no word for "no limit" but a number near this. */
    private static final long NO_LIMIT = Long.MAX_VALUE / 2;

    private final Path root;

    /** @param root of the file system; {@code /} but in tests */
    public MemoryFiles(Path root) {
        this.root = root;
    }

    /** The smallest limit of the process's control group and those around it. */
    public OptionalLong groupLimit() {
        OptionalLong least = OptionalLong.empty();
        for (String line : lines("proc/self/cgroup")) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            boolean second = parts[1].isEmpty();
            if (!second && !List.of(parts[1].split(",")).contains("memory")) {
                continue;
            }
            String mount = second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory";
            String file = second ? "memory.max" : "memory.limit_in_bytes";
            // In a container the path may be that of the host, while only the container's own group is to be seen.
            for (Path group = Path.of("/", parts[2]).normalize(); group != null; group = group.getParent()) {
                least = smaller(least, number(mount + group + "/" + file));
            }
        }
        return least;
    }

    private static OptionalLong smaller(OptionalLong one, OptionalLong other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isEmpty() ? other : one;
        }
        return one.getAsLong() <= other.getAsLong() ? one : other;
    }

    private OptionalLong number(String file) {
        for (String line : lines(file)) {
            String text = line.strip();
            if (text.matches("\\d{1,19}")) {
                long value = text.length() == 19 ? Long.MAX_VALUE : Long.parseLong(text);
                return value >= NO_LIMIT ? OptionalLong.empty() : OptionalLong.of(value);
            }
        }
        return OptionalLong.empty();
    }

    /** The machine's memory. */
    public OptionalLong machine() {
        long kilobytes = kilobytes("proc/meminfo", "MemTotal:");
        return kilobytes < 0 ? OptionalLong.empty() : OptionalLong.of(kilobytes << 10);
    }

    /** Memory that the process holds and that the kernel cannot take back: without mapped files. */
    public OptionalLong held() {
        long own = kilobytes("proc/self/status", "RssAnon:");
        long shared = kilobytes("proc/self/status", "RssShmem:");
        return own < 0 ? OptionalLong.empty() : OptionalLong.of((own + Math.max(0, shared)) << 10);
    }

    /** {@code NAME: 123 kB}; -1 where there is no such line. */
    private long kilobytes(String file, String name) {
        for (String line : lines(file)) {
            if (line.startsWith(name)) {
                String digits = line.substring(name.length()).replaceAll("\\D", "");
                return digits.isEmpty() ? -1 : Long.parseLong(digits);
            }
        }
        return -1;
    }

    private List<String> lines(String file) {
        try {
            return Files.readAllLines(root.resolve(file));
        } catch (IOException | RuntimeException untold) {
            return List.of();
        }
    }
}
