package dev.hearth.server.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.endpoints.metrics.TfMetricsPage;
import dev.hearth.engine.start.StartTimeline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The hardware is a script that answers as the driver's program does on a machine with two GPUs. */
class GpuMetersTest {

    private static final String TWO = "0, GPU-aa, 37, 1024, 16384, 41, 70.25\n1, GPU-bb, 0, 512, 16384, 39, [N/A]\n";

    @TempDir
    Path folder;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final GpuMeters meters = new GpuMeters(
            new MicrometerServingMetrics(registry, new TfMetricsPage(), false, StartTimeline.ofProcess()));

    @Test
    void tellsOfEveryDeviceInBaseUnits() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        try (NvidiaSmi driver = new NvidiaSmi(program("printf '" + TWO + "'; exec sleep 60"), Duration.ofSeconds(5))) {
            driver.watch(
                    reading -> {
                        meters.update(reading);
                        both.countDown();
                    },
                    () -> {});
            assertThat(both.await(20, TimeUnit.SECONDS)).isTrue();
        }

        assertThat(figure("hearth_gpu_utilization_ratio", "0")).isEqualTo(0.37);
        assertThat(figure("hearth_gpu_memory_used_bytes", "0")).isEqualTo(1024.0 * (1 << 20));
        assertThat(figure("hearth_gpu_memory_total_bytes", "1")).isEqualTo(16384.0 * (1 << 20));
        assertThat(figure("hearth_gpu_temperature_celsius", "1")).isEqualTo(39);
        assertThat(figure("hearth_gpu_power_watts", "0")).isEqualTo(70.25);
        assertThat(figure("hearth_gpu_power_watts", "1")).isNaN();
    }

    @Test
    void asksTheProgramForTheFieldsThatItReads() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        Path arguments = folder.resolve("arguments");
        new NvidiaSmi(program("echo \"$@\" >" + arguments), Duration.ofSeconds(5))
                .watch(meters::update, ended::countDown);

        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(arguments)
                .hasContent("--query-gpu=" + GpuReading.FIELDS + " --format=csv,noheader,nounits --loop=5");
    }

    @Test
    void figuresBecomeUnknownWhenTheDriverStopsTelling() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        new NvidiaSmi(program("printf '" + TWO + "'"), Duration.ofSeconds(5)).watch(meters::update, () -> {
            meters.forget();
            ended.countDown();
        });

        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(figure("hearth_gpu_memory_used_bytes", "0")).isNaN();
    }

    @Test
    void isSilentAboutTextThatIsNoReading() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        new NvidiaSmi(
                        program(
                                "echo \"NVIDIA-SMI has failed because it couldn't communicate with the driver\"; exit 9"),
                        Duration.ofSeconds(5))
                .watch(meters::update, ended::countDown);

        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void findsTheProgramOnThePathAndNothingWhereThereIsNone() throws IOException {
        assertThat(NvidiaSmi.find(folder + ":/nowhere")).isEmpty();

        Path program = program("true");

        assertThat(NvidiaSmi.find("/nowhere::" + folder)).contains(program);
    }

    private double figure(String meter, String gpu) {
        return registry.get(meter).tag("gpu", gpu).gauge().value();
    }

    private Path program(String script) throws IOException {
        Path file = folder.resolve("nvidia-smi");
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
