package dev.hearth.lambda;

import dev.hearth.testkit.RestStatusContract;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.net.URI;

/** By way of API Gateway events, which the mock event server makes of HTTP calls. */
@QuarkusTest
class RestStatusTest extends RestStatusContract {

    @Override
    public URI server() {
        return URI.create("http://localhost:" + RestAssured.port);
    }

    @Override
    public String model() {
        return "half_plus_two_lite";
    }
}
