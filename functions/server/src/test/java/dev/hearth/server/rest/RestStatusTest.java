package dev.hearth.server.rest;

import dev.hearth.server.grpc.ScriptedModels;
import dev.hearth.testkit.RestStatusContract;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;

@QuarkusTest
@WithTestResource(ScriptedModels.class)
class RestStatusTest extends RestStatusContract {

    @TestHTTPResource("/")
    URI server;

    @Override
    public URI server() {
        return server;
    }
}
