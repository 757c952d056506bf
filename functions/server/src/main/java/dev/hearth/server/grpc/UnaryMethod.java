package dev.hearth.server.grpc;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One unary method: what it is called, how its request is read, and who answers.
 *
 * @param descriptor as gRPC's libraries know it
 * @param parser of the request
 * @param metered whether calls are counted as TensorFlow Serving counts them: predict, classify and regress only
 * @param model the model that a request names; clients that are bound to some models may not call what names none
 * @param answers who answers
 * @param forwarding how calls go to a fallback; null where they do not
 */
record UnaryMethod<Q extends Message, A extends Message>(
        MethodDescriptor<Q, A> descriptor,
        Parser<Q> parser,
        boolean metered,
        Function<Q, String> model,
        Answers<Q, A> answers,
        @Nullable Forwarding<Q> forwarding) {

    /** How calls go to a fallback, which is asked over plain HTTP. Thread-safe. */
    interface Forwarding<Q> {

        /**
         * The request for the fallback.
         *
         * @throws ServingException where it means nothing elsewhere
         */
        Fallback.Question question(
                Q request, String model, Fallback.Reason reason, Deadline deadline, Priority priority);

        /**
         * The message that the client gets.
         *
         * @throws RuntimeException for an answer that cannot be read
         */
        byte[] message(Q request, Fallback.Answer answer);
    }

    /** Gives the answer to a request. Thread-safe; never blocks. */
    @FunctionalInterface
    interface Answers<Q, A> {

        /**
         * The answer to come; may also throw what went wrong. Cancelling the future drops work that has not begun.
         *
         * @param deadline when the client stops waiting
         * @param priority how much the request may be overtaken
         */
        CompletableFuture<A> to(Q request, Deadline deadline, Priority priority);

        /** The same; methods that predict tell the cache what the caller wants of it. */
        default CompletableFuture<A> to(Q request, Deadline deadline, Priority priority, CacheUse cache) {
            return to(request, deadline, priority);
        }

        /** Answers that may come from the cache. */
        static <Q, A> Answers<Q, A> cached(CachedAnswers<Q, A> answers) {
            return new Answers<>() {
                @Override
                public CompletableFuture<A> to(Q request, Deadline deadline, Priority priority) {
                    return answers.to(request, deadline, priority, CacheUse.UNWATCHED);
                }

                @Override
                public CompletableFuture<A> to(Q request, Deadline deadline, Priority priority, CacheUse cache) {
                    return answers.to(request, deadline, priority, cache);
                }
            };
        }
    }

    /** As {@link Answers}, for those who know the cache. */
    @FunctionalInterface
    interface CachedAnswers<Q, A> {
        CompletableFuture<A> to(Q request, Deadline deadline, Priority priority, CacheUse cache);
    }

    /** A method that is not metered. */
    static <Q extends Message, A extends Message> UnaryMethod<Q, A> of(
            String service, String name, Q request, A answer, Answers<Q, A> answers) {
        @SuppressWarnings("unchecked") // generated messages parse to themselves
        Parser<Q> parser = (Parser<Q>) request.getParserForType();
        MethodDescriptor<Q, A> descriptor = MethodDescriptor.<Q, A>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(service, name))
                .setRequestMarshaller(ProtoUtils.marshaller(request))
                .setResponseMarshaller(ProtoUtils.marshaller(answer))
                .build();
        return new UnaryMethod<>(descriptor, parser, false, message -> "", answers, null);
    }

    UnaryMethod<Q, A> meteredBy(Function<Q, String> newModel) {
        return new UnaryMethod<>(descriptor, parser, true, newModel, answers, new ForwardedMessage<>(name()));
    }

    UnaryMethod<Q, A> about(Function<Q, String> newModel) {
        return new UnaryMethod<>(descriptor, parser, metered, newModel, answers, forwarding);
    }

    UnaryMethod<Q, A> forwardedBy(Forwarding<Q> newForwarding) {
        return new UnaryMethod<>(descriptor, parser, metered, model, answers, newForwarding);
    }

    /** As HTTP/2 names it: {@code /package.Service/Method}. */
    String path() {
        return "/" + descriptor.getFullMethodName();
    }

    /** The method without its service, e.g. {@code Predict}. */
    String name() {
        return String.valueOf(descriptor.getBareMethodName());
    }
}
