package dev.hearth.loadtests.drive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {

    private static double perSecond(Arrivals arrivals, int count) {
        return count
                * 1e9
                / LongStream.range(0, count).map(i -> arrivals.nextGap()).sum();
    }

    @Test
    void poissonArrivalsHaveTheirMeanRate() {
        assertThat(perSecond(Arrivals.poisson(500, 1), 200_000)).isCloseTo(500, within(5.0));
    }

    @Test
    void burstsKeepTheMeanRate() {
        assertThat(perSecond(Arrivals.bursty(500, Duration.ofMillis(200), 1), 500_000))
                .isCloseTo(500, within(25.0));
    }

    @Test
    void burstsAreFasterAndSlowerThanTheMean() {
        Arrivals arrivals = Arrivals.bursty(1000, Duration.ofSeconds(2), 3);
        int[] perTenth = new int[1000];
        for (long at = arrivals.nextGap(); at < 100_000_000_000L; at += arrivals.nextGap()) {
            perTenth[(int) (at / 100_000_000)]++;
        }
        assertThat(Arrays.stream(perTenth).filter(count -> count > 180).count()).isGreaterThan(200);
        assertThat(Arrays.stream(perTenth).filter(count -> count < 70).count()).isGreaterThan(400);
    }
}
