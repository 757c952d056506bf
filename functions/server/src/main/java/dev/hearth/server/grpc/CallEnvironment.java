package dev.hearth.server.grpc;

import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.endpoints.metrics.RequestMeters;
import dev.hearth.endpoints.predict.InFlightBytes;
import dev.hearth.endpoints.predict.ParseGate;
import dev.hearth.endpoints.predict.SlowBodies;
import dev.hearth.endpoints.predict.UnreadAnswers;
import dev.hearth.engine.ServingEngine;
import java.util.concurrent.Executor;

/**
 * What every call needs from the process.
 *
 * @param gate asked before a message is read
 * @param workers for what takes too long on an event loop
 * @param messageBytes most bytes of one message as sent
 * @param decompressedBytes most bytes of one message after decompression
 * @param fallback asked what the engine refuses
 * @param slow gives up messages that come too slowly
 * @param silent gives up streams that stay silent
 * @param unread gives up answers that are not taken
 * @param access asked whether a client may use the model that its message names
 */
record CallEnvironment(
        ServingEngine engine,
        RequestMeters meters,
        InFlightBytes inFlight,
        ParseGate gate,
        Executor workers,
        long messageBytes,
        long decompressedBytes,
        Fallback fallback,
        AccessGate access,
        SlowBodies slow,
        SlowBodies silent,
        UnreadAnswers unread) {

    /** The same for calls that are read whatever the load. */
    CallEnvironment unguarded() {
        return new CallEnvironment(
                engine,
                meters,
                inFlight,
                ParseGate.OPEN,
                workers,
                messageBytes,
                decompressedBytes,
                fallback,
                access,
                slow,
                silent,
                unread);
    }
}
