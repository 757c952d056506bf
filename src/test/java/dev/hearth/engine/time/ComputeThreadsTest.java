package dev.hearth.engine.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ComputeThreadsTest {

    private static final String OPTIONS = "-XX:ThreadPriorityPolicy=1 -XX:JavaPriority1_To_OSPriority=10";

    /** Prints the nice values of the main thread, of what gives way, of one that computes, and of one that this starts. */
    static final class Nices {

        public static void main(String[] arguments) throws Exception {
            print();
            Thread givingWay = ComputeThreads.givingWay(Nices::print, "giving way");
            givingWay.start();
            join(givingWay);
            Thread computing = ComputeThreads.of(
                    () -> {
                        print();
                        Thread inner = new Thread(Nices::print);
                        inner.start();
                        join(inner);
                    },
                    "computing");
            computing.start();
            join(computing);
        }

        private static void join(Thread thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** Field 19 of proc(5)'s stat, counted behind the name in parentheses. */
        private static void print() {
            try {
                String stat = Files.readString(Path.of("/proc/thread-self/stat"));
                System.out.println(
                        "nice " + stat.substring(stat.lastIndexOf(')') + 2).split(" ")[16]);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    @Test
    void threadsThatRunModelsAreTwoStepsBelowOthersAndWhatNobodyWaitsForTen() throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(OPTIONS.split(" ")));
        command.addAll(List.of(
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Nices.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();

        List<Integer> nices = printed.lines()
                .filter(line -> line.startsWith("nice "))
                .map(line -> Integer.valueOf(line.substring(5)))
                .toList();
        assertThat(nices).as(printed).hasSize(4);
        int others = nices.get(0);
        int computing = Math.min(19, others + 2);
        assertThat(nices).containsExactly(others, 10, computing, computing);
    }

    @Test
    void launcherAndPackageAskTheVirtualMachineForIt() throws Exception {
        Path root = Path.of(System.getProperty("repository.root"));
        assertThat(root.resolve("hearth")).content().contains("priorities=(" + OPTIONS + ")");
        assertThat(root.resolve("tools/package/hearth-server")).content().contains("priorities='" + OPTIONS + "'");
    }
}
