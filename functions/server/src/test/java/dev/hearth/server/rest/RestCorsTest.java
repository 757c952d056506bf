package dev.hearth.server.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.server.grpc.ScriptedModels;
import dev.hearth.testkit.HttpContract;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A page of another origin may call {@code /v1} with {@code --rest_api_enable_cors_support}; off is in the contract. */
@QuarkusTest
@TestProfile(RestCorsTest.Cors.class)
@WithTestResource(ScriptedModels.class)
class RestCorsTest extends HttpContract {

    /** The flag is set, and a trial goes by a header that pages may have to send. */
    public static final class Cors implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "hearth.rest.cors",
                    "true",
                    "hearth.models.\"half_plus_two\".canary.mode",
                    "split",
                    "hearth.models.\"half_plus_two\".canary.by-header",
                    "X-User-Id");
        }
    }

    @TestHTTPResource("/")
    URI server;

    @Override
    public URI server() {
        return server;
    }

    private static void allows(HttpResponse<String> response) {
        assertThat(response.headers().allValues("Access-Control-Allow-Origin")).containsExactly("*");
        assertThat(response.headers().allValues("Access-Control-Allow-Methods")).containsExactly("POST, GET");
        assertThat(response.headers()
                        .firstValue("Access-Control-Allow-Headers")
                        .orElse("")
                        .split(", "))
                .contains(
                        "Content-Type",
                        "Authorization",
                        "X-API-Key",
                        "Inference-Header-Content-Length",
                        "hearth-priority",
                        "x-user-id");
        assertThat(response.headers()
                        .firstValue("Access-Control-Expose-Headers")
                        .orElse("")
                        .split(", "))
                .contains("Retry-After", "Inference-Header-Content-Length", "hearth-cache");
    }

    @Test
    void answersABrowsersPreflight() {
        HttpResponse<String> response = send(
                "OPTIONS",
                "/v1/models/" + model() + ":predict",
                "",
                "Origin",
                "https://page.example",
                "Access-Control-Request-Method",
                "POST",
                "Access-Control-Request-Headers",
                "content-type");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEmpty();
        allows(response);
    }

    @Test
    void preflightWithoutAnOriginIsRefused() {
        assertThat(send("OPTIONS", "/v1/models/" + model(), "").statusCode()).isEqualTo(400);
        assertThat(send("OPTIONS", "/v1/models/" + model(), "", "Origin", "null")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void allowsEveryAnswerOfTheApiAlsoRefusals() {
        allows(post("/v1/models/" + model() + ":predict", "{\"instances\":[1]}", "Origin", "http://page.example"));
        allows(post("/v1/models/" + model() + ":predict", "{", "Origin", "http://page.example"));
        allows(get("/v1/models/" + model()));
        allows(get("/v1/models/nope"));
        allows(get("/v1/"));
        allows(get("/v2"));
        allows(get("/v2/models/nope"));
    }

    @Test
    void allowsNothingBesidesTheApi() {
        assertThat(get("/functions/model-status").headers().firstValue("Access-Control-Allow-Origin"))
                .isEmpty();
    }
}
