package dev.hearth.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.predict.ProfileExchange;
import dev.hearth.engine.predict.ProfileStore.Entry;
import dev.hearth.engine.predict.RowFinding;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExchangedProfilesTest {

    private static final String KIND = "CPU:0 x float[2] -> y z";
    private static final Entry ENTRY =
            new Entry(new Measured(List.of(1, 4), List.of(12_345L, 23_456L), List.of(1.0, 1.0625)), RowFinding.ROWWISE);
    private static final Entry OTHER =
            new Entry(new Measured(List.of(1), List.of(7L), List.of(1.0)), RowFinding.DEPENDENT);

    @TempDir
    Path one;

    @TempDir
    Path two;

    private final Map<String, String> shared = new HashMap<>();
    private int asked;

    private final ProfileExchange exchange = new ProfileExchange() {
        @Override
        public @Nullable String find(String group, String name) {
            asked++;
            return shared.get(group + "|" + name);
        }

        @Override
        public void keep(String group, String name, String text) {
            shared.put(group + "|" + name, text);
        }

        @Override
        public void offer(String group, String name, String text) {
            shared.putIfAbsent(group + "|" + name, text);
        }
    };

    private ExchangedProfiles profiles(Path folder, int cores) {
        return new ExchangedProfiles(new ProfileFiles(folder, cores), exchange, cores);
    }

    @Test
    void aFreshInstanceFindsWhatAnotherHasMeasured() {
        profiles(one, 2).keep("abc", KIND, ENTRY);

        assertThat(profiles(two, 2).find("abc", KIND)).isEqualTo(ENTRY);
        assertThat(new ProfileFiles(two, 2).find("abc", KIND))
                .as("kept here, too")
                .isEqualTo(ENTRY);
    }

    @Test
    void timesOfOtherContentKindOrMachineAreNotTaken() {
        profiles(one, 2).keep("abc", KIND, ENTRY);

        assertThat(profiles(two, 2).find("abd", KIND)).isNull();
        assertThat(profiles(two, 2).find("abc", "y")).isNull();
        assertThat(profiles(two, 4).find("abc", KIND)).isNull();
    }

    @Test
    void whatIsKnownHereIsOfferedAndNotAskedFor() {
        new ProfileFiles(one, 2).keep("abc", KIND, ENTRY);

        assertThat(profiles(one, 2).find("abc", KIND)).isEqualTo(ENTRY);
        assertThat(asked).isZero();
        assertThat(profiles(two, 2).find("abc", KIND)).isEqualTo(ENTRY);
    }

    @Test
    void whatOthersKnowStaysWhereSomethingIsOffered() {
        profiles(one, 2).keep("abc", KIND, OTHER);
        new ProfileFiles(two, 2).keep("abc", KIND, ENTRY);

        assertThat(profiles(two, 2).find("abc", KIND)).isEqualTo(ENTRY);
        assertThat(new ProfileFiles(two.resolve("fresh"), 2).find("abc", KIND)).isNull();
        assertThat(profiles(two.resolve("fresh"), 2).find("abc", KIND)).isEqualTo(OTHER);
    }

    @Test
    void nonsenseIsAsGoodAsNothing() {
        for (String bad :
                List.of("", KIND, KIND + "\t", "another\tROWWISE\t1\t7\t1.0", KIND + "\tPERHAPS\t1\t7\t1.0")) {
            shared.put("abc-" + ProfileFiles.machine(2) + "|" + KIND, bad);
            assertThat(profiles(two, 2).find("abc", KIND)).as(bad).isNull();
        }
    }

    @Test
    void unknownContentIsNeitherKeptNorFound() {
        profiles(one, 2).keep("", KIND, ENTRY);

        assertThat(shared).isEmpty();
        assertThat(profiles(one, 2).find("", KIND)).isNull();
        assertThat(asked).isZero();
    }
}
