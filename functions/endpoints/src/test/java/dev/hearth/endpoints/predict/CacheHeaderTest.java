package dev.hearth.endpoints.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.cache.CacheResult;
import dev.hearth.engine.cache.CacheUse.Wish;
import org.junit.jupiter.api.Test;

class CacheHeaderTest {

    @Test
    void takesAnyAnswerWhereNothingIsSaid() {
        assertThat(CacheHeader.use(null).wish()).isEqualTo(Wish.USE);
        assertThat(CacheHeader.use("max-age=60").wish()).isEqualTo(Wish.USE);
        assertThat(CacheHeader.use("").wish()).isEqualTo(Wish.USE);
    }

    @Test
    void wantsAFreshAnswerAsHttpSaysIt() {
        assertThat(CacheHeader.use("no-cache").wish()).isEqualTo(Wish.REFRESH);
        assertThat(CacheHeader.use("No-Cache, max-stale=5").wish()).isEqualTo(Wish.REFRESH);
        assertThat(CacheHeader.use("max-age=0").wish()).isEqualTo(Wish.REFRESH);
        assertThat(CacheHeader.use("no-cache, no-store").wish()).isEqualTo(Wish.AVOID);
    }

    @Test
    void saysNothingOfModelsThatAreNotCached() {
        var use = CacheHeader.use(null);
        assertThat(CacheHeader.result(use)).isNull();

        use.tell(CacheResult.of(100, 90, 0, 0));

        assertThat(CacheHeader.result(use)).isEqualTo("partial; tier=memory; rows=90/100");
    }
}
