package dev.hearth.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/** The three functions below {@code /functions}. */
public abstract class FunctionsContract extends HttpContract {

    private static final String BODY = "{\"instances\": [1.0, 2.0]}";

    /** How the server under test batches: {@code self-tuning} or {@code off}. */
    protected String batching() {
        return "self-tuning";
    }

    private String predict() {
        return "/functions/predict/" + model();
    }

    @Test
    void predictsPlainly() {
        HttpResponse<String> response = post(predict(), BODY);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("ce-id")).isEmpty();
        assertThat(json(response).at("/predictions/1").asDouble()).isEqualTo(3.0);
        assertThat(post(predict() + "?version=1", BODY).statusCode()).isEqualTo(200);
    }

    @Test
    void answersABinaryEventWithOne() {
        HttpResponse<String> response =
                post(predict(), BODY, "ce-specversion", "1.0", "ce-id", "a-1", "ce-source", "/test", "ce-type", "ask");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("ce-specversion")).contains("1.0");
        assertThat(response.headers().firstValue("ce-type")).contains("dev.hearth.predict.answer");
        assertThat(response.headers().firstValue("ce-subject")).contains(model());
        assertThat(response.headers().firstValue("ce-causationid")).contains("a-1");
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(json(response).at("/predictions/0").asDouble()).isEqualTo(2.5);
    }

    @Test
    void answersAStructuredEventWithOne() {
        HttpResponse<String> response = post(
                predict(),
                "{\"specversion\":\"1.0\",\"id\":\"b-2\",\"source\":\"/test\",\"type\":\"ask\",\"data\":" + BODY + "}",
                "Content-Type",
                "application/cloudevents+json");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/cloudevents+json");
        JsonNode event = json(response);
        assertThat(event.path("specversion").asText()).isEqualTo("1.0");
        assertThat(event.path("causationid").asText()).isEqualTo("b-2");
        assertThat(event.at("/data/predictions/1").asDouble()).isEqualTo(3.0);
    }

    @Test
    void answersErrorsInTheModeOfTheCall() {
        HttpResponse<String> plain = post("/functions/predict/nope", BODY);
        assertThat(plain.statusCode()).isEqualTo(404);
        assertThat(error(plain)).isEqualTo("Servable not found for request: Latest(nope)");
        HttpResponse<String> binary = post(predict(), "{", "ce-specversion", "1.0", "ce-id", "1", "ce-type", "t");
        assertThat(binary.statusCode()).isEqualTo(400);
        assertThat(error(binary)).isEqualTo("CloudEvent without attribute 'source'");
        assertThat(binary.headers().firstValue("ce-type")).contains("dev.hearth.predict.error");
        assertThat(post(predict() + "?version=x", BODY).statusCode()).isEqualTo(400);
    }

    @Test
    void tellsMoreThanTensorFlowServingAboutModels() {
        JsonNode model = json(get("/functions/model-status/" + model()));
        assertThat(model.path("ready").asBoolean()).isTrue();
        JsonNode version = model.at("/versions/0");
        assertThat(version.path("state").asText()).isEqualTo("AVAILABLE");
        assertThat(version.path("attempts").asInt()).isEqualTo(1);
        assertThat(version.path("since").asText()).endsWith("Z");
        assertThat(version.path("loadMillis").isNumber()).isTrue();
        assertThat(version.at("/serving/signatures/serving_default/inputs/x").asText())
                .startsWith("float");
        assertThat(json(get("/functions/model-status")).path("models").findValuesAsText("model"))
                .contains(model());
        assertThat(get("/functions/model-status/nope").statusCode()).isEqualTo(404);
    }

    @Test
    void tellsThePhasesOfTheStart() {
        post(predict(), BODY);
        JsonNode start = json(get("/functions/model-status")).path("start");
        assertThat(start.path("readyMillis").asLong()).isPositive();
        assertThat(start.path("phases").findValuesAsText("phase"))
                .containsSubsequence("process", "jvm", "framework", "models", "warmup", "first_prediction");
        for (JsonNode phase : start.path("phases")) {
            assertThat(phase.path("endMillis").asLong())
                    .isGreaterThanOrEqualTo(phase.path("beginMillis").asLong());
        }
        assertThat(get("/q/metrics").body())
                .contains("hearth_start_seconds{phase=\"jvm\"")
                .contains("hearth_start_end_seconds{phase=\"first_prediction\"");
    }

    @Test
    void takesAPriorityAndRefusesWhatIsNone() {
        for (String path : new String[] {predict(), "/v1/models/" + model() + ":predict"}) {
            assertThat(post(path, BODY, "hearth-priority", "low").statusCode()).isEqualTo(200);
            HttpResponse<String> wrong = post(path, BODY, "hearth-priority", "urgent");
            assertThat(wrong.statusCode()).isEqualTo(400);
            assertThat(error(wrong)).isEqualTo("Header hearth-priority must be high, normal or low, not 'urgent'");
        }
    }

    @Test
    void explainsHowRequestsAreBatched() {
        post(predict(), BODY);
        JsonNode page = json(get("/functions/model-status/" + model() + "/batching"));
        assertThat(page.path("batching").asText()).isEqualTo(batching());
        assertThat(page.path("summary").asText()).endsWith(".");
        assertThat(get("/functions/model-status/nope/batching").statusCode()).isEqualTo(404);
        if (batching().equals("off")) {
            assertThat(page.at("/versions/0/summary").asText()).isEqualTo("Batching is off: every request runs alone.");
            assertThat(page.at("/versions/0/kinds").isMissingNode()).isTrue();
            return;
        }
        assertThat(page.path("threads").asInt()).isPositive();
        JsonNode kind = page.at("/versions/0/kinds/0");
        assertThat(kind.path("kind").asText()).contains("-> ");
        assertThat(kind.path("summary").asText()).endsWith(".");
        assertThat(kind.path("rows").asText()).isIn("independent", "watched", "unknown", "dependent");
        assertThat(kind.at("/profile/source").asText())
                .isIn("measured", "kept", "older_version", "similar_requests", "service");
        assertThat(kind.at("/profile/millisByRows").isObject()).isTrue();
        assertThat(kind.at("/now/batchRows").asInt()).isPositive();
        assertThat(kind.at("/done/startsByReason").isObject()).isTrue();
        assertThat(kind.at("/prediction/marginMillis").isNumber()).isTrue();
    }

    @Test
    void warmsUpAsOftenAsAsked() {
        for (int i = 0; i < 2; i++) {
            HttpResponse<String> response = post("/functions/warmup/" + model(), "");
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            JsonNode warmup = json(response).at("/warmups/0");
            assertThat(warmup.path("model").asText()).isEqualTo(model());
            assertThat(warmup.at("/requests/0/lastMillis").isNumber()).isTrue();
        }
        assertThat(post("/functions/warmup/nope", "").statusCode()).isEqualTo(404);
    }

    @Test
    void theMetricsPageTellsOfRequestsVersionsAndWhatIsWaiting() {
        post(predict(), BODY);
        assertThat(get("/q/metrics").body())
                .contains("hearth_request_duration_seconds_count{model=\"" + model() + "\"")
                .contains("hearth_run_duration_seconds_count{model=\"" + model() + "\"")
                .contains("hearth_version_state{model=\"" + model() + "\"")
                .contains("hearth_queue_depth{queue=\"run\"")
                .contains("hearth_in_flight_bytes ");
    }
}
