package dev.hearth.endpoints.fallback;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Another Hearth that answers what this one refuses. Whoever refuses a prediction asks it, with the request as it came,
 * and answers with the refusal after all where it does not help: a fallback can only make things better.
 *
 * <p>A request that was forwarded carries {@link #FORWARDED}, and nobody forwards it again. Thread-safe; never blocks.
 */
public interface Fallback {

    /** Header of a forwarded request. */
    String FORWARDED = "hearth-forwarded";

    /** Header of an answer that came from elsewhere. */
    String SERVED_BY = "hearth-served-by";

    /** Header of requests and answers with plain bytes behind JSON: the length of the JSON (Open Inference Protocol). */
    String JSON_LENGTH = "inference-header-content-length";

    /** The value of {@link #SERVED_BY}. */
    String NAME = "fallback";

    /** There is none. */
    Fallback NONE = new Fallback() {
        @Override
        public boolean takes(String model) {
            return false;
        }

        @Override
        public CompletableFuture<Answer> ask(Question question) {
            return CompletableFuture.failedFuture(ServingException.failedPrecondition("There is no fallback"));
        }
    };

    /** Why a request goes elsewhere. */
    enum Reason {
        REFUSED,
        DRAINING
    }

    /**
     * A request to forward.
     *
     * @param target path and query
     * @param headers to send along, by lower-case name
     * @param body given away
     * @param deadline when nobody waits for the answer any more
     */
    record Question(
            String model, Reason reason, String target, Map<String, String> headers, byte[] body, Deadline deadline) {

        public Question {
            headers = Map.copyOf(headers);
        }

        /** The same with these headers, too. */
        public Question with(Map<String, String> more) {
            if (more.isEmpty()) {
                return this;
            }
            Map<String, String> all = new HashMap<>(more);
            all.putAll(headers);
            return new Question(model, reason, target, all, body, deadline);
        }
    }

    /**
     * A successful answer.
     *
     * @param headers that say how the body is to be read ({@link Answer#HEADERS}), by lower-case name
     * @param body belongs to whoever asked
     */
    record Answer(Map<String, String> headers, byte[] body) {

        /** Names of headers that belong to the body of an answer; its type is known by who asked. */
        public static final List<String> HEADERS = List.of("content-encoding", JSON_LENGTH);

        public Answer {
            headers = Map.copyOf(headers);
        }
    }

    /** Whether requests of the model may go there; cheap, asked for every request. */
    boolean takes(String model);

    /** Asks; fails where there is no successful answer in time. Cancelling gives the question up. */
    CompletableFuture<Answer> ask(Question question);
}
