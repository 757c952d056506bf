package dev.hearth.endpoints.serving;

import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs on an event loop what it is given there once the loop has read what all its connections have ready; elsewhere at
 * once. Given the same object several times in one round, it runs it once.
 *
 * <p>So requests that are read together wake one thread, together, and not one each: the first of them waits for the
 * reading of the others, which it would have to share the processor with anyway.
 */
final class EndOfRound implements Executor {

    private final FastThreadLocal<Round> rounds = new FastThreadLocal<>() {
        @Override
        protected Round initialValue() {
            return new Round();
        }
    };

    private static final class Round implements Runnable {
        private @Nullable Runnable waiting;

        @Override
        public void run() {
            Runnable action = waiting;
            waiting = null;
            if (action != null) {
                action.run();
            }
        }
    }

    @Override
    public void execute(Runnable action) {
        if (!Context.isOnEventLoopThread() || !(Vertx.currentContext() instanceof ContextInternal context)) {
            action.run();
            return;
        }
        Round round = rounds.get();
        if (round.waiting == action) {
            return;
        }
        if (round.waiting != null) {
            action.run();
            return;
        }
        round.waiting = action;
        try {
            context.nettyEventLoop().execute(round);
        } catch (RejectedExecutionException ending) {
            round.run();
        }
    }
}
