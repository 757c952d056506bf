package dev.hearth.server.grpc;

import dev.hearth.endpoints.metrics.RequestMeters;
import dev.hearth.endpoints.predict.InFlightBytes;
import dev.hearth.engine.ServingEngine;
import java.util.concurrent.Executor;

/**
 * What every call needs from the process.
 *
 * @param workers for what takes too long on an event loop
 * @param messageBytes most bytes of one message as sent
 * @param decompressedBytes most bytes of one message after decompression
 */
record CallEnvironment(
        ServingEngine engine,
        RequestMeters meters,
        InFlightBytes inFlight,
        Executor workers,
        long messageBytes,
        long decompressedBytes) {}
