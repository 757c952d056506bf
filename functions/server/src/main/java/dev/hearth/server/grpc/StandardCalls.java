package dev.hearth.server.grpc;

import com.google.protobuf.Descriptors;
import com.google.protobuf.Message;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.ProtoFileDescriptorSupplier;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The same methods for gRPC's own server library: reflection learns of services this way, and Quarkus' separate gRPC
 * server, where someone switches it on, serves them so.
 */
final class StandardCalls {

    private static final Metadata.Key<String> PUSHBACK =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<com.google.rpc.Status> DETAILS = Metadata.Key.of(
            "grpc-status-details-bin", ProtoUtils.metadataMarshaller(com.google.rpc.Status.getDefaultInstance()));

    private StandardCalls() {}

    static ServerServiceDefinition bind(
            Descriptors.ServiceDescriptor schema, List<UnaryMethod<?, ?>> methods, ServingEngine engine) {
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(schema.getFullName())
                .setSchemaDescriptor((ProtoFileDescriptorSupplier) schema::getFile);
        methods.forEach(method -> descriptor.addMethod(method.descriptor()));
        ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(method -> add(service, method, engine));
        return service.build();
    }

    private static <Q extends Message, A extends Message> void add(
            ServerServiceDefinition.Builder service, UnaryMethod<Q, A> method, ServingEngine engine) {
        service.addMethod(
                method.descriptor(),
                ServerCalls.asyncUnaryCall(
                        (request, observer) -> call(method, request, (ServerCallStreamObserver<A>) observer, engine)));
    }

    /** Answers one call. */
    static <Q extends Message, A extends Message> void call(
            UnaryMethod<Q, A> method, Q request, ServerCallStreamObserver<A> observer, ServingEngine engine) {
        io.grpc.Deadline wanted = Context.current().getDeadline();
        Deadline deadline = wanted == null
                ? Deadline.NONE
                : engine.deadline(Duration.ofNanos(wanted.timeRemaining(TimeUnit.NANOSECONDS)));
        CompletableFuture<A> coming;
        try {
            coming = method.answers().to(request, deadline, Priority.NORMAL);
        } catch (RuntimeException e) {
            coming = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<A> answer = coming;
        observer.setOnCancelHandler(() -> answer.cancel(false));
        var unused = answer.whenComplete((message, failure) -> finish(observer, message, failure));
    }

    private static <A> void finish(StreamObserver<A> observer, A message, @Nullable Throwable failure) {
        if (failure == null) {
            observer.onNext(message);
            observer.onCompleted();
            return;
        }
        ServingException error = ServingException.from(failure);
        Metadata trailers = new Metadata();
        error.retryAfter().ifPresent(after -> {
            trailers.put(PUSHBACK, GrpcErrors.pushbackMillis(after));
            trailers.put(DETAILS, GrpcErrors.details(error, after));
        });
        observer.onError(Status.fromCodeValue(error.code().number())
                .withDescription(GrpcErrors.text(error))
                .asRuntimeException(trailers));
    }
}
