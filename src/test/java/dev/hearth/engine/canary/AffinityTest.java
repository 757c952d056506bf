package dev.hearth.engine.canary;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class AffinityTest {

    @Test
    void tellsEveryProcessTheSamePlaceAndAnotherForAnotherTrial() {
        assertThat(Affinity.place("a", "m/2")).isEqualTo(0.4302627153085098);
        int both = 0;
        for (int i = 0; i < 1000; i++) {
            boolean first = Affinity.place(Integer.toString(i), "m/2") < 0.1;
            boolean second = Affinity.place(Integer.toString(i), "m/3") < 0.1;
            both += first && second ? 1 : 0;
        }
        // One in a hundred by chance; the same hundred would be 100.
        assertThat(both).isLessThan(40);
    }

    @Test
    void isOfTheRequestThatIsHandedOverAndOfNoOther() {
        Affinity affinity = new Affinity(Map.of("x-user", "a"));

        assertThat(affinity.<Affinity>during(Affinity::current)).isSameAs(affinity);
        assertThat(Affinity.current()).isSameAs(Affinity.NONE);
        assertThat(affinity.value("x-user")).isEqualTo("a");
        assertThat(affinity.value("x-other")).isNull();
    }
}
