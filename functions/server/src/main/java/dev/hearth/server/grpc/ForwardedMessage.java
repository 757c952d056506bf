package dev.hearth.server.grpc;

import com.google.protobuf.MessageLite;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.predict.PriorityHeader;
import dev.hearth.endpoints.predict.ProtobufResource;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.util.Locale;
import java.util.Map;

/** Makes questions for the {@link Fallback} of gRPC calls: the same message over plain HTTP. Stateless. */
final class ForwardedMessage {

    private static final String PATH = "/functions/protobuf/";

    private ForwardedMessage() {}

    static Fallback.Question question(
            String method,
            String model,
            Fallback.Reason reason,
            MessageLite message,
            Deadline deadline,
            Priority priority) {
        return new Fallback.Question(
                model,
                reason,
                PATH + method,
                Map.of(
                        "content-type",
                        ProtobufResource.TYPE,
                        PriorityHeader.NAME,
                        priority.name().toLowerCase(Locale.ROOT)),
                message.toByteArray(),
                deadline);
    }
}
