package dev.hearth.endpoints.openinference;

import dev.hearth.endpoints.modelstatus.ModelQueries;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import dev.hearth.engine.time.Deadline;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/**
 * Names and versions as requests give them, and what is said of those that cannot be served, in Triton's words. A version
 * label in the place of a version is Hearth's addition. Thread-safe, never blocks.
 */
final class ModelVersions {

    private final ServingEngine engine;

    ModelVersions(ServingEngine engine) {
        this.engine = engine;
    }

    /** @throws ServingException NOT_FOUND for a text that names no model */
    static ModelName name(String model) {
        if (model.isEmpty()) {
            throw ServingException.invalidArgument("the request names no model");
        }
        return ModelQueries.nameOf(model).orElseThrow(() -> unknown(model));
    }

    /** @throws ServingException NOT_FOUND for a version that cannot be */
    VersionSelector selector(ModelName model, String version) {
        if (version.isEmpty()) {
            return VersionSelector.LATEST;
        }
        Optional<Long> number = number(version);
        if (number.isPresent()) {
            return new VersionSelector.Exact(number.get());
        }
        if (!engine.models().contains(model)) {
            throw unknown(model.value());
        }
        if (!engine.labels(model).containsKey(version)) {
            throw unknownVersion(model.value(), version);
        }
        return new VersionSelector.Label(version);
    }

    private static Optional<Long> number(String version) {
        try {
            return version.chars().allMatch(c -> c >= '0' && c <= '9')
                    ? Optional.of(Long.parseLong(version))
                    : Optional.empty();
        } catch (NumberFormatException tooLong) {
            return Optional.empty();
        }
    }

    /** A lease; it fails in the protocol's words, cancelling it drops it. */
    CompletableFuture<ServableHandle> lease(
            ModelName model, String version, VersionSelector selector, Deadline deadline) {
        return new MappedCall<>(
                engine.acquire(model, selector, deadline),
                handle -> handle,
                failure -> failure instanceof CancellationException ? failure : told(model.value(), version, failure));
    }

    static ServingException unknown(String model) {
        return ServingException.notFound("Request for unknown model: '" + model + "' is not found");
    }

    static ServingException unknownVersion(String model, String version) {
        return ServingException.notFound(
                "Request for unknown model: '" + model + "' version " + version + " is not found");
    }

    /** The status of the version meant, or of the highest that serves; empty where there is none. */
    Optional<ServableStatus> status(ModelName model, String version) {
        List<ServableStatus> known = engine.statuses(model);
        if (version.isEmpty()) {
            return known.stream()
                    .filter(status -> status.state() == ServableState.AVAILABLE)
                    .findFirst();
        }
        Map<String, Long> labels = engine.labels(model);
        Long wanted = number(version).orElse(labels.get(version));
        return known.stream()
                .filter(status -> wanted != null && status.id().version() == wanted)
                .findFirst();
    }

    /** Whether requests that name this version, or none, would be served. */
    boolean ready(String model, String version) {
        return ModelQueries.nameOf(model)
                .filter(name -> !engine.draining())
                .flatMap(name -> version.isEmpty() && !engine.serves(name) ? Optional.empty() : status(name, version))
                .filter(status -> status.state() == ServableState.AVAILABLE)
                .isPresent();
    }

    /** Whether there is such a model, ready or not, and such a version of it where one is named. */
    boolean known(String model, String version) {
        return ModelQueries.nameOf(model)
                .filter(name -> engine.models().contains(name)
                        && (version.isEmpty() || status(name, version).isPresent()))
                .isPresent();
    }

    /** Why there is no lease, in the protocol's words; other failures as they are. */
    private ServingException told(String model, String version, Throwable failure) {
        ServingException error = ServingException.from(failure);
        boolean aboutVersion =
                error.code() == ErrorCode.NOT_FOUND && error.getMessage().startsWith("Servable not found for request");
        if (!aboutVersion) {
            return error;
        }
        if (!known(model, "")) {
            return unknown(model);
        }
        if (version.isEmpty()) {
            return ServingException.notFound("Request for unknown model: '" + model + "' has no available versions");
        }
        return known(model, version)
                ? new ServingException(
                        ErrorCode.UNAVAILABLE,
                        "Request for unknown model: '" + model + "' version " + version + " is not at ready state")
                : unknownVersion(model, version);
    }
}
