package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.BatchSimulation.Figures;
import dev.hearth.engine.batching.BatchSimulation.Model;
import dev.hearth.engine.batching.BatchSimulation.Traffic;
import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.time.Priority;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Models that share a device, in the simulation. */
class DispatcherFairnessTest {

    private static Model model(String name, double fixedMillis, double rowMillis, double gapMillis) {
        long one = (long) ((fixedMillis + rowMillis) * 1e6);
        long many = (long) ((fixedMillis + rowMillis * 16) * 1e6);
        ServiceProfile profile =
                ServiceProfile.of(new Measured(List.of(1, 16), List.of(one, many), List.of(1.0)), 16, 1);
        return new Model(
                name,
                () -> new SelfTuningBatchPolicy(profile, SelfTuningOptions.DEFAULTS),
                fixedMillis,
                rowMillis,
                gapMillis,
                1,
                500,
                Priority.NORMAL);
    }

    private static List<Figures> together(Model... models) {
        return new BatchSimulation(1, new double[] {1}, Traffic.POISSON, models).run(40_000);
    }

    @Test
    void aHeavyAndALightModelThatBothWantMoreGetTheSameTimeOfTheDevice() {
        // Alone each of them would keep the device busy more than all the time.
        List<Figures> both = together(model("heavy", 2, 8, 6), model("light", 0.3, 0.2, 0.15));

        double heavy = both.get(0).deviceMillis;
        double light = both.get(1).deviceMillis;
        assertThat(heavy / (heavy + light)).isBetween(0.42, 0.58);
    }

    @Test
    void aLightModelThatWantsLittleIsHardlyHeldUpByAnOverloadedHeavyOne() {
        List<Figures> both = together(model("heavy", 2, 8, 4), model("light", 0.3, 0.2, 5));

        assertThat(both.get(1).inTimeShare()).isGreaterThan(99);
        // It waits for the batch that runs, and no more: of heavy requests 16 fill one.
        assertThat(both.get(1).p(0.99)).isLessThan(1.2 * (2 + 8 * 16));
    }
}
