package dev.hearth.engine.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class VersionPolicyTest {

    private final NavigableSet<Long> found = new TreeSet<>(List.of(1L, 2L, 10L, 123L));

    @Test
    void latestTakesTheHighest() {
        assertThat(new VersionPolicy.Latest(1).wanted(found)).containsExactly(123L);
        assertThat(new VersionPolicy.Latest(3).wanted(found)).containsExactly(2L, 10L, 123L);
        assertThat(new VersionPolicy.Latest(9).wanted(found)).isEqualTo(found);
    }

    @Test
    void latestZeroCountsAsOne() {
        assertThat(new VersionPolicy.Latest(0).wanted(found)).containsExactly(123L);
        assertThat(new VersionPolicy.Latest(0)).isEqualTo(new VersionPolicy.Latest(1));
        assertThatThrownBy(() -> new VersionPolicy.Latest(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void allTakesEveryVersion() {
        assertThat(new VersionPolicy.All().wanted(found)).isEqualTo(found);
    }

    @Test
    void specificTakesTheListedOnesThatExist() {
        assertThat(new VersionPolicy.Specific(Set.of(2L, 3L, 123L)).wanted(found))
                .containsExactly(2L, 123L);
        assertThat(new VersionPolicy.Specific(Set.of()).wanted(found)).isEmpty();
    }
}
