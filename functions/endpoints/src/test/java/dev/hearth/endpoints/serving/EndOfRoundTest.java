package dev.hearth.endpoints.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EndOfRoundTest {

    private final Vertx vertx = Vertx.vertx();
    private final EndOfRound round = new EndOfRound();
    private final List<String> order = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void runsOnceAfterAllOfARoundOnAnEventLoop() throws Exception {
        Runnable wake = () -> order.add("wake");
        CompletableFuture<Void> done = new CompletableFuture<>();
        vertx.runOnContext(begun -> {
            round.execute(wake);
            order.add("first");
            round.execute(wake);
            order.add("second");
            vertx.runOnContext(later -> done.complete(null));
        });
        done.get(10, TimeUnit.SECONDS);
        assertThat(order).containsExactly("first", "second", "wake");
    }

    @Test
    void runsAtOnceElsewhere() {
        round.execute(() -> order.add("wake"));
        assertThat(order).containsExactly("wake");
    }
}
