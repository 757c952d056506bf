package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.InferBody;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.time.Deadline;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Every call below {@code /v2} but inference. Thread-safe, never blocks. */
final class ShortCalls {

    private static final ByteSink NOTHING = new ByteSink(0);

    private final OpenInference protocol;
    private final Function<Void, Reply> empty = done -> new Reply(200, NOTHING);

    ShortCalls(OpenInference protocol) {
        this.protocol = protocol;
    }

    /** An answer; without a body where that is empty. */
    record Reply(int status, ByteSink body) {}

    private static CompletableFuture<Reply> now(int status, ByteSink body) {
        return CompletableFuture.completedFuture(new Reply(status, body));
    }

    private static <A> CompletableFuture<Reply> later(CompletableFuture<A> coming, Function<A, ByteSink> telling) {
        return new MappedCall<>(coming, answer -> new Reply(200, telling.apply(answer)), failure -> failure);
    }

    /**
     * A GET.
     *
     * @param configured names of the configured models
     */
    CompletableFuture<Reply> query(Target target, Collection<ModelName> configured, Deadline deadline) {
        ModelCards models = protocol.models();
        return switch (target.kind()) {
            case SERVER -> now(200, JsonAnswers.server(OpenInference.NAME, protocol.version(), protocol.extensions()));
            case LIVE -> now(200, JsonAnswers.flag("live", true));
            case READY -> {
                boolean ready = protocol.ready();
                yield now(ready ? 200 : 503, JsonAnswers.flag("ready", ready));
            }
            case MODELS ->
                now(
                        200,
                        JsonAnswers.models(configured.stream()
                                .map(ModelName::value)
                                .sorted()
                                .toList()));
            case MODEL_READY -> {
                models.requireKnown(target.model(), target.version());
                boolean ready = models.ready(target.model(), target.version());
                yield now(ready ? 200 : 503, JsonAnswers.modelReady(target.model(), ready));
            }
            case METADATA -> later(models.metadata(target.model(), target.version(), deadline), JsonAnswers::metadata);
            case CONFIGURATION ->
                later(models.configuration(target.model(), target.version(), deadline), JsonAnswers::configuration);
            case STATISTICS -> now(200, JsonAnswers.statistics(protocol.statistics(target.model(), target.version())));
            case LOGGING -> now(200, JsonAnswers.settings(protocol.settings().log()));
            case TRACE -> {
                requireKnown(target);
                yield now(200, JsonAnswers.trace(protocol.settings().trace()));
            }
            case REGION_STATUS ->
                now(
                        200,
                        JsonAnswers.regions(
                                protocol.memory().status(target.region()).values()));
            default -> throw notSupported(target);
        };
    }

    /** A POST; its body is short. */
    CompletableFuture<Reply> control(Target target, JsonText body) {
        return switch (target.kind()) {
            case INDEX -> {
                boolean ready = new InferParameters("request", InferBody.scalars(body, "request")).flag("ready");
                yield later(protocol.repository().index(ready), JsonAnswers::index);
            }
            case LOAD -> done(protocol.repository().load(target.model(), InferBody.scalarsOf(body, "parameters")));
            case UNLOAD -> done(protocol.repository().unload(target.model()));
            case LOGGING ->
                now(200, JsonAnswers.settings(protocol.settings().changeLog(InferBody.scalars(body, "request"))));
            case TRACE -> {
                requireKnown(target);
                yield now(200, JsonAnswers.trace(protocol.settings().changeTrace(TraceChanges.read(body))));
            }
            case REGION_REGISTER -> {
                InferParameters region = new InferParameters("request", InferBody.scalars(body, "request"));
                protocol.memory()
                        .register(
                                target.region(),
                                region.text("key").orElse(""),
                                region.count("offset").orElse(0L),
                                region.count("byte_size").orElse(0L));
                yield now(200, NOTHING);
            }
            case REGION_UNREGISTER -> {
                protocol.memory().unregister(target.region());
                yield now(200, NOTHING);
            }
            default -> throw notSupported(target);
        };
    }

    /** Settings may be asked for one model, which has those of the server. */
    private void requireKnown(Target target) {
        if (!target.model().isEmpty()) {
            protocol.models().requireKnown(target.model(), target.version());
        }
    }

    private CompletableFuture<Reply> done(CompletableFuture<Void> change) {
        return change.thenApply(empty);
    }

    private static ServingException notSupported(Target target) {
        return ServingException.unimplemented(
                target.kind() == Target.Kind.CUDA
                        ? "CUDA shared memory is not supported"
                        : "generate is not supported: models here answer tensors with tensors");
    }
}
