package dev.hearth.engine.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryFilesTest {

    @TempDir
    Path root;

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test
    void findsTheSmallestLimitOfTheGroupsAroundTheProcess() throws IOException {
        file("proc/self/cgroup", "0::/pod/container\n");
        file("sys/fs/cgroup/pod/container/memory.max", "max\n");
        file("sys/fs/cgroup/pod/memory.max", "1000000\n");

        assertThat(new MemoryFiles(root).groupLimit()).hasValue(1_000_000);
    }

    @Test
    void findsTheLimitOfAContainerThatSeesOnlyItsOwnGroup() throws IOException {
        file("proc/self/cgroup", "0::/kubepods/pod1/abc\n");
        file("sys/fs/cgroup/memory.max", "2000000\n");

        assertThat(new MemoryFiles(root).groupLimit()).hasValue(2_000_000);
    }

    @Test
    void findsTheLimitOfTheFirstVersionToo() throws IOException {
        file("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a\n");
        file("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "3000000\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");

        assertThat(new MemoryFiles(root).groupLimit()).hasValue(3_000_000);
    }

    @Test
    void hasNoLimitWhereTheSystemTellsNone() {
        assertThat(new MemoryFiles(root).groupLimit()).isEmpty();
        assertThat(new MemoryFiles(root).machine()).isEmpty();
        assertThat(new MemoryFiles(root).held()).isEmpty();
    }

    @Test
    void countsWhatTheKernelCannotTakeBack() throws IOException {
        file("proc/self/status", "VmRSS:\t  900 kB\nRssAnon:\t  600 kB\nRssFile:\t  200 kB\nRssShmem:\t  100 kB\n");
        file("proc/meminfo", "MemTotal:        8000 kB\nMemFree: 1 kB\n");

        assertThat(new MemoryFiles(root).held()).hasValue(700 << 10);
        assertThat(new MemoryFiles(root).machine()).hasValue(8000 << 10);
    }

    @Test
    void leavesModelsWhatHeapAndBuffersDoNotTake() {
        long mb = 1L << 20;
        MemoryBudget budget = MemoryBudget.of(8000 * mb, "cgroup", 2000 * mb, 1000 * mb);

        assertThat(budget.models()).isEqualTo((8000 - 2000 - 1000 - 256) * mb);
        assertThat(budget.overcommitted()).isFalse();
    }

    @Test
    void leavesModelsAQuarterOfASmallMachineAndSaysThatItIsTooMuch() {
        long mb = 1L << 20;
        MemoryBudget budget = MemoryBudget.of(1000 * mb, "cgroup", 600 * mb, 300 * mb);

        assertThat(budget.models()).isEqualTo(250 * mb);
        assertThat(budget.overcommitted()).isTrue();
    }
}
