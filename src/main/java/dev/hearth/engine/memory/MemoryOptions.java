package dev.hearth.engine.memory;

import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What the process may take.
 *
 * @param limit more than this, and the process is killed; 0 for that of the control group, or the machine's
 * @param direct the most that buffers outside of the heap take
 * @param refuseFrom share of the limit from which requests are refused; 0 for never
 * @param files where limits and use are read
 */
public record MemoryOptions(long limit, long direct, double refuseFrom, MemoryFiles files) {

    /** Refuses nothing. */
    public static final MemoryOptions OFF = new MemoryOptions(0, 0, 0, new MemoryFiles(Path.of("/")));

    public MemoryOptions {
        if (limit < 0 || direct < 0 || !(refuseFrom >= 0 && refuseFrom <= 1)) {
            throw new IllegalArgumentException(
                    "hearth.memory.limit-bytes (" + limit + ") must not be negative and hearth.memory.refuse-from ("
                            + refuseFrom + ") not outside of 0 to 1");
        }
    }

    /** Works the budget out; reads files. */
    public MemoryBudget budget() {
        long heap = Runtime.getRuntime().maxMemory();
        if (limit > 0) {
            return MemoryBudget.of(limit, "configured", heap, direct);
        }
        OptionalLong group = files.groupLimit();
        OptionalLong machine = files.machine();
        boolean grouped = group.isPresent() && (machine.isEmpty() || group.getAsLong() < machine.getAsLong());
        if (grouped) {
            return MemoryBudget.of(group.getAsLong(), "cgroup", heap, direct);
        }
        return MemoryBudget.of(machine.orElse(Long.MAX_VALUE / 2), "machine", heap, direct);
    }
}
