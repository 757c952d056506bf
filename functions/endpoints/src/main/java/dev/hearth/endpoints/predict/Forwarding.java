package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.engine.canary.Affinity;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The way of one REST request to the {@link Fallback}: keeps the body of a request that may go there, asks once, and goes on
 * where it does not help. Belongs to the event loop of its exchange.
 */
public final class Forwarding {

    /** What asks: it knows when nobody waits any more, and how answers are sent. */
    public interface Exchange {

        /** When nobody waits for the answer any more. */
        Deadline deadline();

        /** What the request says that trials go by. */
        Affinity affinity();

        /** From now on this is what a client that goes away cancels. */
        void asking(CompletableFuture<?> question);

        /** Takes the step on the exchange's event loop, if anybody waits for an answer by then. */
        void answered(Runnable step);

        /** Sends an answer of the fallback; its headers are set. */
        void send(Fallback.Answer there);

        void fail(Throwable failure);
    }

    /** What came, as long as it may have to be forwarded. */
    private record Kept(String model, RequestBytes body) {}

    private final Fallback fallback;
    private final HttpServerRequest request;
    private final Exchange exchange;
    private @Nullable Kept kept;

    public Forwarding(Fallback fallback, HttpServerRequest request, Exchange exchange) {
        this.fallback = fallback;
        this.request = request;
        this.exchange = exchange;
    }

    /**
     * The request has arrived; once.
     *
     * @param draining whether this server is about to end: then the fallback goes first
     * @param here answers without the fallback
     */
    public void arrived(String model, RequestBytes body, boolean draining, Runnable here) {
        if (fallback.takes(model) && request.getHeader(Fallback.FORWARDED) == null) {
            Kept asked = new Kept(model, body);
            if (draining) {
                ask(Fallback.Reason.DRAINING, asked, here);
                return;
            }
            kept = asked;
        }
        here.run();
    }

    /** The request has failed here: asks the fallback if it may help, else the exchange fails. */
    public void failed(Throwable failure) {
        Kept asked = kept;
        if (asked != null && ServingException.from(failure) instanceof RefusedException) {
            kept = null;
            ask(Fallback.Reason.REFUSED, asked, () -> exchange.fail(failure));
        } else {
            exchange.fail(failure);
        }
    }

    private void ask(Fallback.Reason reason, Kept asked, Runnable otherwise) {
        CompletableFuture<Fallback.Answer> coming =
                fallback.ask(ForwardedCall.question(request, asked.model(), reason, asked.body(), exchange.deadline())
                        .with(exchange.affinity().headers()));
        exchange.asking(coming);
        var unused = coming.whenComplete((there, failure) -> exchange.answered(() -> {
            if (there == null) {
                otherwise.run();
                return;
            }
            there.headers().forEach(request.response()::putHeader);
            request.response().putHeader(Fallback.SERVED_BY, Fallback.NAME);
            exchange.send(there);
        }));
    }
}
