package dev.hearth.server.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.predict.InFlightBytes;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.server.grpc.ScriptedBackend;
import dev.hearth.server.grpc.ScriptedModels;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(ScriptedModels.class)
class RestDisconnectTest {

    @TestHTTPResource("/")
    URI server;

    @Inject
    InFlightBytes inFlight;

    @Inject
    ScriptedBackend backend;

    @AfterEach
    void letGo() {
        backend.gate.release();
    }

    @Test
    void aClientThatGoesAwayHoldsNothingAnyMore() throws IOException {
        backend.gate = new Rendezvous();
        String body = "{\"instances\":[[1]]}";
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            String request = "POST /v1/models/gate:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            backend.gate.awaitArrival();
            assertThat(inFlight.taken()).isEqualTo(body.length());
        }
        // The run itself cannot be stopped and stays at the gate; what the call held is given back before.
        Instant end = Instant.now().plus(Duration.ofSeconds(10));
        while (inFlight.taken() != 0 && Instant.now().isBefore(end)) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(inFlight.taken()).isZero();
    }
}
