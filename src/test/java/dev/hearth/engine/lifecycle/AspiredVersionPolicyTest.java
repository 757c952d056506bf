package dev.hearth.engine.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.lifecycle.AspiredVersionPolicy.Step;
import dev.hearth.engine.lifecycle.AspiredVersionPolicy.VersionSnapshot;
import dev.hearth.engine.servable.ServableState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Versions are written {@code number state}, with a plus before the number of those that are wished for. */
class AspiredVersionPolicyTest {

    @ParameterizedTest
    @CsvSource({
        // what is held                                                        | step
        "'',                                                                     none",
        "'+1 NEW',                                                               load 1",
        "'+1 NEW, +2 NEW, +10 NEW',                                              load 10",
        "'+1 NEW, +2 LOADING',                                                   load 1",
        "'+1 LOADING',                                                           none",
        "'+1 AVAILABLE',                                                         none",
        "'1 NEW',                                                                none",
        // the old one stays until a wished one is ready
        "'1 AVAILABLE, +2 NEW',                                                  load 2",
        "'1 AVAILABLE, +2 LOADING',                                              none",
        "'1 AVAILABLE, +2 WARMING',                                              none",
        "'1 AVAILABLE, +2 AVAILABLE',                                            unload 1",
        "'1 AVAILABLE, +2 ERROR',                                                none",
        "'1 AVAILABLE, +2 ERROR, +3 NEW',                                        load 3",
        "'2 AVAILABLE, +1 AVAILABLE',                                            unload 2",
        // a spare leftover goes at once, unloading before loading, the lowest first
        "'1 AVAILABLE, 2 AVAILABLE, +3 NEW',                                     unload 1",
        "'1 QUIESCING, 2 AVAILABLE, +3 NEW',                                     load 3",
        "'1 AVAILABLE, 2 AVAILABLE, +3 AVAILABLE, +4 NEW',                       unload 1",
        "'1 AVAILABLE, +3 AVAILABLE, +4 NEW',                                    unload 1",
        // nothing is wished for
        "'1 AVAILABLE',                                                          unload 1",
        "'1 AVAILABLE, 2 AVAILABLE',                                             unload 1",
        "'1 QUIESCING, 2 UNLOADING, 3 LOADING, 4 ERROR, 5 END',                  none",
    })
    void keepsAModelAvailable(String held, String step) {
        assertStep(new AvailabilityPreservingPolicy(), held, step);
    }

    @ParameterizedTest
    @CsvSource({
        "'',                                                                     none",
        "'+1 NEW, +2 NEW',                                                       load 2",
        "'1 AVAILABLE, +2 NEW',                                                  unload 1",
        "'1 AVAILABLE, 2 AVAILABLE, +3 NEW',                                     unload 1",
        // nothing is loaded while anything of the old is still in memory
        "'1 QUIESCING, +2 NEW',                                                  none",
        "'1 UNLOADING, +2 NEW',                                                  none",
        "'1 LOADING, +2 NEW',                                                    none",
        "'1 END, +2 NEW',                                                        load 2",
        "'1 ERROR, +2 NEW',                                                      load 2",
        "'1 NEW, +2 NEW',                                                        load 2",
        "'+1 AVAILABLE, +2 NEW',                                                 load 2",
        "'+1 AVAILABLE',                                                         none",
        "'1 AVAILABLE, +2 ERROR',                                                unload 1",
    })
    void preservesResources(String held, String step) {
        assertStep(new ResourcePreservingPolicy(), held, step);
    }

    /** Whatever the order of events, following the policy ends, in the wish, and never without a ready version. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void alwaysArrivesWithoutAGap(long seed) {
        Random random = new Random(seed);
        AspiredVersionPolicy policy = new AvailabilityPreservingPolicy();
        for (int round = 0; round < 200; round++) {
            List<VersionSnapshot> held = new ArrayList<>();
            for (int version = 0; version < 1 + random.nextInt(6); version++) {
                boolean ready = random.nextBoolean();
                held.add(new VersionSnapshot(
                        version, random.nextBoolean(), ready ? ServableState.AVAILABLE : ServableState.NEW));
            }
            boolean wished = held.stream().anyMatch(VersionSnapshot::aspired);
            boolean served = held.stream().anyMatch(VersionSnapshot::ready);
            int steps = 0;
            for (Optional<Step> step = policy.next(held); step.isPresent(); step = policy.next(held)) {
                apply(held, step.get());
                served |= held.stream().anyMatch(VersionSnapshot::ready);
                assertThat(++steps).isLessThan(20);
                assertThat(served && wished && held.stream().noneMatch(VersionSnapshot::ready))
                        .as("a gap in %s", held)
                        .isFalse();
            }
            assertThat(held)
                    .allSatisfy(v -> assertThat(v.ready()).as("%s", held).isEqualTo(v.aspired()));
        }
    }

    private static void apply(List<VersionSnapshot> held, Step step) {
        held.replaceAll(v -> v.version() != step.version()
                ? v
                : new VersionSnapshot(
                        v.version(),
                        v.aspired(),
                        step instanceof Step.Load ? ServableState.AVAILABLE : ServableState.END));
    }

    private static void assertStep(AspiredVersionPolicy policy, String held, String expected) {
        List<VersionSnapshot> versions = new ArrayList<>(parse(held));
        Collections.shuffle(versions, new Random(7));
        String step = policy.next(versions)
                .map(s -> (s instanceof Step.Load ? "load " : "unload ") + s.version())
                .orElse("none");
        assertThat(step).isEqualTo(expected);
    }

    private static List<VersionSnapshot> parse(String held) {
        if (held == null || held.isBlank()) {
            return List.of();
        }
        return java.util.Arrays.stream(held.split(","))
                .map(String::strip)
                .map(text -> text.split(" "))
                .map(parts -> new VersionSnapshot(
                        Long.parseLong(parts[0].replace("+", "")),
                        parts[0].startsWith("+"),
                        ServableState.valueOf(parts[1])))
                .toList();
    }
}
