package dev.hearth.server.grpc;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A test with a client of the running server; all such tests share one server. */
@QuarkusTest
@WithTestResource(ScriptedModels.class)
abstract class GrpcTest {

    @TestHTTPResource
    URL url;

    GrpcClient client;

    @BeforeEach
    void connect() {
        client = new GrpcClient(url.getPort());
    }

    @AfterEach
    void disconnect() {
        client.close();
    }
}
