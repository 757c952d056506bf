package dev.hearth.lambda;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;

import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.Test;

/** The same REST API through API Gateway events, which the mock event server makes of HTTP calls. */
@QuarkusTest
class LambdaPredictTest {

    @Test
    void anEventIsPredictedByATfliteModel() {
        given().urlEncodingEnabled(false)
                .body("{\"instances\": [1.0, 2.0, 5.0]}")
                .post("/v1/models/half_plus_two_lite:predict")
                .then()
                .statusCode(200)
                .body("predictions", contains(2.5f, 3.0f, 4.5f));
    }

    @Test
    void anUnknownModelIsNotFound() {
        given().urlEncodingEnabled(false)
                .body("{\"instances\": [1.0]}")
                .post("/v1/models/none:predict")
                .then()
                .statusCode(404)
                .body("error", containsString("Servable not found for request: Latest(none)"));
    }
}
