package dev.hearth.server.rest;

import dev.hearth.server.grpc.ScriptedModels;
import dev.hearth.testkit.RestPredictContract;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;

@QuarkusTest
@WithTestResource(ScriptedModels.class)
class RestPredictTest extends RestPredictContract {

    @TestHTTPResource("/")
    URI server;

    @Override
    public URI server() {
        return server;
    }
}
