package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.BatchSimulation.Figures;
import dev.hearth.engine.batching.BatchSimulation.Machine;
import dev.hearth.engine.batching.BatchSimulation.Model;
import dev.hearth.engine.batching.BatchSimulation.Traffic;
import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.time.Priority;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * The self-tuning policy beside its naive twins: every fixed setting of TensorFlow Serving's batcher that people use, the
 * best of which is chosen in hindsight for each cell. What it is given is the profile that measuring in warm-up finds, and
 * no setting. The results are kept as text and reviewed as a diff.
 */
class SelfTuningSimulationTest {

    private static final String HEADING =
            """
            Each cell: the self-tuning policy, and below it the fixed setting (num_batch_threads 1, 2, 4; batch_timeout 0, 1,
            5 ms; endless queue) that turned out best: most requests in time, then the lowest p99.
            100 % load is what full batches at the best number at once get done; with deadlines that such batches do not
            meet (some overlap), less can be reached.
            Where p50 or p99 are more than 5 % above the setting's, all is in time: now and then the policy tries a larger batch
            or one more at once, to see whether its times still hold, which delays what runs where nothing is gained (no
            overlap; without tries those cells are like the setting); and an idle device starts at once, where a wait happens
            to fill batches (free overlap at 50 %). In bursts (small model, free overlap) an endless queue gets away with a
            backlog that ends before the deadline, where a promise must be refused.
            """;

    private static final String SHARED_HEADING =
            """
            The self-tuning policy on a machine that others use, too: for one to twenty deadlines it is 0.5 to 1 times as fast
            as when it was measured. 100 % load is what it gets done on the average.
            """;

    private static final int ARRIVALS = 6_000;
    private static final int THREADS = 8;

    /** How a model's batches take time, the largest batch, and what its clients want. */
    private record Service(String name, double fixedMillis, double rowMillis, int maxRows, double targetMillis) {}

    private record Device(String name, double... speed) {
        double fastest() {
            return speed[speed.length - 1];
        }
    }

    private static final List<Service> SERVICES = List.of(
            new Service("gpu-like 2 + 0.1 n ms, target 20 ms", 2, 0.1, 64, 20),
            new Service("small model 0.3 + 0.02 n ms, target 5 ms", 0.3, 0.02, 64, 5),
            new Service("heavy rows 2 + 8 n ms, target 200 ms", 2, 8, 16, 200));

    private static final List<Device> DEVICES = List.of(
            new Device("no overlap", 1),
            new Device("some overlap (1, 1.3, 1.4)", 1, 1.3, 1.4),
            new Device("free overlap up to 4", 1, 2, 3, 4));

    private static ServiceProfile profile(Service service, Device device) {
        List<Integer> rows = new ArrayList<>();
        List<Long> nanos = new ArrayList<>();
        for (int n = 1; n <= service.maxRows; n *= 4) {
            rows.add(n);
            nanos.add((long) ((service.fixedMillis + service.rowMillis * n) * 1e6));
        }
        List<Double> slowdowns = new ArrayList<>();
        for (int j = 1; j <= THREADS; j++) {
            slowdowns.add(Math.max(1, j / device.speed[Math.min(j, device.speed.length) - 1]));
        }
        return ServiceProfile.of(new ServiceProfile.Measured(rows, nanos, slowdowns), service.maxRows, THREADS);
    }

    private static Model model(Service service, Device device, double load, int maxSize, Supplier<BatchPolicy> policy) {
        double gap = BatchSimulation.gapMillis(
                load, service.fixedMillis, service.rowMillis, service.maxRows, 1, device.fastest());
        return new Model(
                service.name,
                policy,
                service.fixedMillis,
                service.rowMillis,
                gap * (maxSize + 1) / 2.0,
                maxSize,
                service.targetMillis,
                Priority.NORMAL);
    }

    private static Figures selfTuning(Service service, Device device, double load, int maxSize, Traffic traffic) {
        return selfTuning(service, device, load, maxSize, traffic, Machine.STEADY, ARRIVALS);
    }

    private static Figures selfTuning(
            Service service, Device device, double load, int maxSize, Traffic traffic, Machine machine, int arrivals) {
        Supplier<BatchPolicy> policy =
                () -> new SelfTuningBatchPolicy(profile(service, device), SelfTuningOptions.DEFAULTS);
        double offered = load * BatchSimulation.meanSpeed(machine);
        return new BatchSimulation(
                        THREADS, device.speed, traffic, machine, model(service, device, offered, maxSize, policy))
                .run(arrivals)
                .get(0);
    }

    private record Fixed(String name, Figures figures) {}

    private static Fixed bestFixed(Service service, Device device, double load, int maxSize, Traffic traffic) {
        List<Fixed> all = new ArrayList<>();
        for (int threads : new int[] {1, 2, 4}) {
            for (long timeoutMicros : new long[] {0, 1_000, 5_000}) {
                Supplier<BatchPolicy> policy =
                        () -> new TimeoutBatchPolicy(Options.of(service.maxRows, timeoutMicros, 100_000));
                Figures figures = new BatchSimulation(
                                threads, device.speed, traffic, model(service, device, load, maxSize, policy))
                        .run(ARRIVALS)
                        .get(0);
                all.add(new Fixed(threads + " threads, " + timeoutMicros / 1000 + " ms", figures));
            }
        }
        Comparator<Fixed> byShare = Comparator.comparingDouble(fixed -> -Math.round(fixed.figures.inTimeShare()));
        return all.stream()
                .min(byShare.thenComparingDouble(fixed -> fixed.figures.p(0.99)))
                .orElseThrow();
    }

    private static String line(String name, Figures figures) {
        return String.format(Locale.ROOT, "  %-24s %s%n", name, figures.line());
    }

    private record Cell(
            Service service, Device device, double load, int maxSize, Traffic traffic, Figures own, Fixed best) {

        static Cell of(Service service, Device device, double load, int maxSize, Traffic traffic) {
            return new Cell(
                    service,
                    device,
                    load,
                    maxSize,
                    traffic,
                    selfTuning(service, device, load, maxSize, traffic),
                    bestFixed(service, device, load, maxSize, traffic));
        }

        String text() {
            return String.format(
                            Locale.ROOT,
                            "load %.0f %%%s%s%n",
                            load * 100,
                            maxSize == 1 ? "" : ", requests of 1 to " + maxSize + " rows",
                            traffic == Traffic.POISSON ? "" : ", in bursts")
                    + line("self-tuning", own)
                    + line(best.name, best.figures);
        }
    }

    @Test
    void figuresAreThoseThatWereReviewedAndNoneIsMuchWorseThanTheBestFixedSetting() throws IOException {
        StringBuilder all = new StringBuilder(HEADING);
        for (Service service : SERVICES) {
            for (Device device : DEVICES) {
                all.append(String.format("%n%s; %s%n", service.name, device.name));
                List<Cell> cells = new ArrayList<>();
                for (double load : new double[] {0.02, 0.5, 0.8, 0.95, 1.2, 1.5}) {
                    cells.add(Cell.of(service, device, load, 1, Traffic.POISSON));
                }
                cells.add(Cell.of(service, device, 0.5, 1, Traffic.BURSTS));
                cells.add(Cell.of(service, device, 0.8, 8, Traffic.POISSON));
                for (Cell cell : cells) {
                    all.append(cell.text());
                    // An endless queue gets away with a burst that ends before its backlog is as long as the deadline.
                    double near = cell.traffic == Traffic.BURSTS ? 0.9 : 0.95;
                    assertThat(cell.own.inTimeShare())
                            .as("%s, %s, load %s", service.name, device.name, cell.load)
                            .isGreaterThan(near * cell.best.figures.inTimeShare());
                }
            }
        }
        KeptFigures.compare("self-tuning-policy.txt", all.toString());
    }

    @Test
    void loneRequestsAreAnsweredInTheTimeOfTheirRun() {
        for (Service service : SERVICES) {
            Figures figures = selfTuning(service, DEVICES.get(0), 0.02, 1, Traffic.POISSON);
            assertThat(figures.p(0.5)).isLessThan(1.05 * (service.fixedMillis + service.rowMillis));
        }
    }

    @Test
    void underOverloadNearlyAllThatTheDeviceCanDoIsAnsweredInTime() {
        for (Service service : SERVICES) {
            for (Device device : List.of(DEVICES.get(0), DEVICES.get(2))) {
                assertThat(selfTuning(service, device, 1.2, 1, Traffic.POISSON).inTimeShare())
                        .isGreaterThan(0.95 * 100 / 1.2);
                assertThat(selfTuning(service, device, 1.5, 1, Traffic.POISSON).inTimeShare())
                        .isGreaterThan(0.93 * 100 / 1.5);
            }
        }
    }

    @Test
    void onAMachineSharedWithOthersItAnswersWhatItCanAndKeepsItsPromises() throws IOException {
        StringBuilder all = new StringBuilder(SHARED_HEADING);
        for (Service service : SERVICES) {
            for (Device device : DEVICES) {
                all.append(String.format("%n%s; %s%n", service.name, device.name));
                for (double load : new double[] {0.5, 0.8, 1.2, 1.5}) {
                    Figures own = selfTuning(service, device, load, 1, Traffic.POISSON, Machine.SHARED, 5 * ARRIVALS);
                    all.append(line("load %.0f %%".formatted(load * 100), own));
                }
            }
        }
        KeptFigures.compare("self-tuning-policy-shared.txt", all.toString());
    }

    @Test
    void withoutMeasurementsItLearnsWhileItServes() {
        Service service = SERVICES.get(0);
        Supplier<BatchPolicy> policy = () ->
                new SelfTuningBatchPolicy(ServiceProfile.unknown(service.maxRows, THREADS), SelfTuningOptions.DEFAULTS);
        Figures figures = new BatchSimulation(
                        THREADS, DEVICES.get(0).speed, Traffic.POISSON, model(service, DEVICES.get(0), 1.2, 1, policy))
                .run(5 * ARRIVALS)
                .get(0);
        assertThat(figures.inTimeShare()).isGreaterThan(0.9 * 100 / 1.2);
    }

    @Test
    void whatWasMeasuredOnABusyMachineIsPutRightInService() {
        Service service = SERVICES.get(0);
        Device device = DEVICES.get(2);
        // Only lone rows were measured, ten times too slow, and two at once as if one after the other.
        Measured wrong = new Measured(List.of(1), List.of(21_000_000L), List.of(1.0, 2.0));
        Supplier<BatchPolicy> policy = () -> new SelfTuningBatchPolicy(
                ServiceProfile.of(wrong, service.maxRows, THREADS), SelfTuningOptions.DEFAULTS);
        Figures figures = new BatchSimulation(
                        THREADS, device.speed, Traffic.POISSON, model(service, device, 0.8, 1, policy))
                .run(200_000)
                .get(0);
        // Eight seconds of service, those of learning included; without learning hardly one in ten is in time.
        assertThat(figures.inTimeShare()).isGreaterThan(45);
    }
}
