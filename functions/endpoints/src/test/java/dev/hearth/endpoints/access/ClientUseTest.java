package dev.hearth.endpoints.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.RefusedException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ClientUseTest {

    private final AtomicLong now = new AtomicLong();

    private ClientUse use(double rate, int inFlight, long bytes) {
        return new ClientUse(new ClientLimits(rate, inFlight, bytes), now::get);
    }

    private static void refused(Runnable call) {
        assertThatThrownBy(call::run).isInstanceOf(RefusedException.class).hasMessageStartingWith("This client ");
    }

    @Test
    void letsTheRateInAndSaysWhenTheNextMayCome() {
        ClientUse use = use(2, 0, 0);
        use.begin(0);
        use.begin(0);
        assertThatThrownBy(() -> use.begin(0))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.retryAfter()).contains(Duration.ofMillis(500)));
        now.addAndGet(Duration.ofMillis(500).toNanos());
        use.begin(0);
        refused(() -> use.begin(0));
    }

    @Test
    void gathersNoMoreThanASecond() {
        ClientUse use = use(2, 0, 0);
        now.addAndGet(Duration.ofHours(1).toNanos());
        use.begin(0);
        use.begin(0);
        refused(() -> use.begin(0));
    }

    @Test
    void countsRequestsInFlight() {
        ClientUse use = use(0, 1, 0);
        use.begin(0);
        refused(() -> use.begin(0));
        use.end(0);
        use.begin(0);
    }

    @Test
    void oneBodyThatComesInPiecesIsLetInWhateverItsSizeAndNoSecondOne() {
        ClientUse use = use(0, 0, 100);
        use.begin(0);
        use.takeBytes(80, 0);
        use.takeBytes(80, 80);
        refused(() -> use.takeBytes(1, 0));
        use.releaseBytes(160);
        use.takeBytes(1, 0);
    }

    @Test
    void countsBytesAnnouncedAndNot() {
        ClientUse use = use(0, 0, 100);
        use.begin(60);
        refused(() -> use.begin(41));
        use.takeBytes(40);
        refused(() -> use.takeBytes(1));
        use.releaseBytes(40);
        use.end(60);
        assertThat(use.idle()).isTrue();
        use.begin(1000);
        refused(() -> use.begin(1));
    }

    @Test
    void whatIsRefusedTakesNothing() {
        ClientUse use = use(1, 0, 100);
        use.begin(90);
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        refused(() -> use.begin(20));
        use.end(90);
        use.begin(20);
    }

    @Test
    void clientsOfOneNameShareAndAddressesDoNot() {
        Clients clients = new Clients(new ClientLimits(0, 1, 0), now::get);
        Grant shop = new Grant("shop", Set.of(Role.PREDICT), Set.of(), ClientLimits.UNSET);
        assertThat(clients.of(shop, "10.0.0.1")).isSameAs(clients.of(shop, "10.0.0.2"));
        assertThat(clients.of(Grant.OPEN, "10.0.0.1")).isNotSameAs(clients.of(Grant.OPEN, "10.0.0.2"));
        Grant free = new Grant("free", Set.of(Role.PREDICT), Set.of(), new ClientLimits(0, 0, 0));
        assertThat(clients.of(free, "10.0.0.1")).isNull();
    }
}
