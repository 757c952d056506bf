package dev.hearth.server.grpc;

import com.google.protobuf.MessageLite;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.predict.PriorityHeader;
import dev.hearth.endpoints.predict.ProtobufResource;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.util.Locale;
import java.util.Map;

/**
 * Sends calls of TensorFlow Serving's PredictionService to the fallback as they came: the same message over plain HTTP.
 *
 * @param method name of the call
 */
record ForwardedMessage<Q extends MessageLite>(String method) implements UnaryMethod.Forwarding<Q> {

    private static final String PATH = "/functions/protobuf/";

    @Override
    public Fallback.Question question(
            Q request, String model, Fallback.Reason reason, Deadline deadline, Priority priority) {
        return new Fallback.Question(
                model,
                reason,
                PATH + method,
                Map.of(
                        "content-type",
                        ProtobufResource.TYPE,
                        PriorityHeader.NAME,
                        priority.name().toLowerCase(Locale.ROOT)),
                request.toByteArray(),
                deadline);
    }

    @Override
    public byte[] message(Q request, Fallback.Answer answer) {
        return answer.body();
    }
}
