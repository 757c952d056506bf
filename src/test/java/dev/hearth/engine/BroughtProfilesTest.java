package dev.hearth.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.predict.ProfileStore;
import dev.hearth.engine.predict.ProfileStore.Entry;
import dev.hearth.engine.predict.RowFinding;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BroughtProfilesTest {

    private static final String KIND = "CPU:0 x float[2] -> y z";
    private static final Entry MEASURED_HERE =
            new Entry(new Measured(List.of(1), List.of(7L), List.of(1.0)), RowFinding.ROWWISE);
    private static final Entry BROUGHT =
            new Entry(new Measured(List.of(1), List.of(9L), List.of(1.0)), RowFinding.ROWWISE);

    @TempDir
    Path here;

    @TempDir
    Path came;

    @Test
    void whatWasMeasuredHereCountsMoreThanWhatCame() {
        new ProfileFiles(came, 2).keep("abc", KIND, BROUGHT);
        ProfileStore both = new BroughtProfiles(new ProfileFiles(here, 2), new ProfileFiles(came, 2));

        assertThat(both.find("abc", KIND)).isEqualTo(BROUGHT);
        both.keep("abc", KIND, MEASURED_HERE);
        assertThat(both.find("abc", KIND)).isEqualTo(MEASURED_HERE);
        assertThat(new ProfileFiles(came, 2).find("abc", KIND)).isEqualTo(BROUGHT);
    }

    @Test
    void aServerThatKeepsNothingUsesWhatCame() {
        new ProfileFiles(came, 2).keep("abc", KIND, BROUGHT);
        ProfileStore store = new BroughtProfiles(ProfileStore.NONE, new ProfileFiles(came, 2));

        store.keep("abc", KIND, MEASURED_HERE);
        assertThat(store.find("abc", KIND)).isEqualTo(BROUGHT);
        assertThat(store.find("abd", KIND)).isNull();
    }
}
