package dev.hearth.engine.predict;

import dev.hearth.engine.servable.ServableHandle;
import java.util.concurrent.CompletableFuture;

/** Sees predict requests go by. Called on the way of a request, on any thread: must not block and must not throw. */
@FunctionalInterface
public interface PredictObserver {

    PredictObserver NONE = (handle, request, answer) -> {};

    /** A request was taken; the answer may be there already, or fail. */
    void predicted(ServableHandle handle, PredictRequest request, CompletableFuture<PredictResponse> answer);
}
