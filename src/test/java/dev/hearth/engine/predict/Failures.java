package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Assertions on how futures end. */
final class Failures {

    private Failures() {}

    static void assertFails(CompletableFuture<?> future, ErrorCode code, String text) {
        ServingException error = failureOf(future);
        assertThat(error).hasMessage(text);
        assertThat(error.code()).isEqualTo(code);
    }

    static void assertFailsWithStart(CompletableFuture<?> future, ErrorCode code, String start) {
        ServingException error = failureOf(future);
        assertThat(error).hasMessageStartingWith(start);
        assertThat(error.code()).isEqualTo(code);
    }

    static ServingException failureOf(CompletableFuture<?> future) {
        try {
            future.orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            assertThat(e.getCause()).isNotInstanceOf(TimeoutException.class);
            assertThat(e.getCause()).isInstanceOf(ServingException.class);
            return (ServingException) e.getCause();
        }
        throw new AssertionError("did not fail");
    }

    static <T> T answerOf(CompletableFuture<T> future) {
        return future.orTimeout(10, TimeUnit.SECONDS).join();
    }
}
