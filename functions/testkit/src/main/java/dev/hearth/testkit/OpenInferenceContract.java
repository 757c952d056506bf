package dev.hearth.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Open Inference Protocol over HTTP, as every packaging has it. */
public abstract class OpenInferenceContract extends HttpContract {

    private String path(String rest) {
        return "/v2/models/" + model() + rest;
    }

    /** Name and shape of the model's only input or output, as its metadata tells it. */
    private JsonNode tensor(String side) {
        return json(get(path(""))).get(side).get(0);
    }

    private String input(String members) {
        return "{\"name\":\"" + tensor("inputs").get("name").asText() + "\"," + members + "}";
    }

    /** Three values, in the shape that the model takes. */
    private String three() {
        int rank = tensor("inputs").get("shape").size();
        String shape = rank == 1 ? "[3]" : "[3,1]";
        return input("\"datatype\":\"FP32\",\"shape\":" + shape + ",\"data\":[1,2,5.5]");
    }

    private HttpResponse<String> infer(String input) {
        return post(path("/infer"), "{\"inputs\":[" + input + "]}");
    }

    private void assertRefused(HttpResponse<String> response, int status, String text) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("application/json");
        assertThat(json(response).get("error").asText()).contains(text);
    }

    @Test
    void tellsOfTheServer() {
        JsonNode server = json(get("/v2"));
        assertThat(server.get("name").asText()).isEqualTo("hearth");
        assertThat(server.get("version").asText()).isNotEmpty();
        assertThat(server.get("extensions"))
                .extracting(JsonNode::asText)
                .contains("binary_tensor_data", "model_repository", "statistics", "classification")
                .doesNotContain("cuda_shared_memory", "sequence", "trace", "system_shared_memory");
    }

    @Test
    void isLive() {
        HttpResponse<String> live = get("/v2/health/live");
        assertThat(live.statusCode()).isEqualTo(200);
        assertThat(live.body()).isEqualTo("{\"live\":true}");
    }

    @Test
    void tellsWhetherAModelIsReady() {
        assertThat(get(path("/ready")).body()).isEqualTo("{\"name\":\"" + model() + "\",\"ready\":true}");
        assertThat(get(path("/versions/1/ready")).statusCode()).isEqualTo(200);
        assertRefused(get("/v2/models/nothing/ready"), 404, "Request for unknown model: 'nothing' is not found");
        assertRefused(get(path("/versions/99/ready")), 404, "version 99 is not found");
    }

    @Test
    void tellsOfAModel() {
        JsonNode model = json(get(path("")));
        assertThat(model.get("name").asText()).isEqualTo(model());
        assertThat(model.get("versions").get(0).asText()).isEqualTo("1");
        assertThat(model.get("platform").asText()).startsWith("tensorflow");
        assertThat(tensor("inputs").get("datatype").asText()).isEqualTo("FP32");
        assertThat(json(get(path("/versions/1")))).isEqualTo(model);
        assertThat(json(get("/v2/models")).get("models"))
                .extracting(JsonNode::asText)
                .contains(model());
        JsonNode config = json(get(path("/config")));
        assertThat(config.get("input").get(0).get("data_type").asText()).isEqualTo("TYPE_FP32");
        assertThat(config.get("model_transaction_policy").get("decoupled").asBoolean())
                .isFalse();
    }

    @Test
    void answersWithTheModelsVersionAndTheRequestsId() {
        String request = "{\"id\":\"a\\\"b\",\"inputs\":[" + three() + "]}";
        for (String target : new String[] {"/infer", "/versions/1/infer"}) {
            HttpResponse<String> response = post(path(target), request);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            JsonNode answer = json(response);
            assertThat(answer.get("model_name").asText()).isEqualTo(model());
            assertThat(answer.get("model_version").asText()).isEqualTo("1");
            assertThat(answer.get("id").asText()).isEqualTo("a\"b");
            assertThat(answer.get("outputs").get(0).get("datatype").asText()).isEqualTo("FP32");
            assertThat(answer.get("outputs").get(0).get("data").toString()).isEqualTo("[2.5,3.0,4.75]");
        }
        assertThat(json(infer(three())).has("id")).isFalse();
    }

    @Test
    void givesTheOutputsAskedFor() {
        String output = tensor("outputs").get("name").asText();
        JsonNode answer = json(
                post(path("/infer"), "{\"inputs\":[" + three() + "],\"outputs\":[{\"name\":\"" + output + "\"}]}"));
        assertThat(answer.get("outputs").get(0).get("name").asText()).isEqualTo(output);
        assertRefused(
                post(path("/infer"), "{\"inputs\":[" + three() + "],\"outputs\":[{\"name\":\"nix\"}]}"),
                400,
                "unexpected inference output 'nix'");
    }

    @Test
    void refusesWhatDoesNotFitTheModelByName() {
        assertRefused(
                infer("{\"name\":\"nix\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}"),
                400,
                "unexpected inference input 'nix'");
        assertRefused(
                infer(input("\"datatype\":\"INT32\",\"shape\":[1],\"data\":[1]")),
                400,
                "data-type is 'INT32', but model");
        assertRefused(
                infer(input("\"datatype\":\"FP32\",\"shape\":[2],\"data\":[1]")), 400, "element count 1, expecting 2");
        assertRefused(post(path("/infer"), "{\"inputs\":[]}"), 400, "expected 1 inputs but got 0 inputs");
        assertRefused(post(path("/infer"), "{"), 400, "JSON Parse error");
        assertRefused(
                post(path("/infer"), "{\"parameters\":{\"sequence_id\":4},\"inputs\":[" + three() + "]}"),
                501,
                "sequence_id");
        assertRefused(post("/v2/models/nothing/infer", "{\"inputs\":[]}"), 404, "'nothing' is not found");
        assertRefused(post(path("/versions/77/infer"), "{\"inputs\":[]}"), 404, "version 77 is not found");
        assertRefused(post(path("/versions/nolabel/infer"), "{\"inputs\":[]}"), 404, "version nolabel is not found");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/v2/models/m/infer",
        "POST,/v2",
        "DELETE,/v2/models/m",
        "GET,/v2/repository/index",
        "POST,/v2/health/live",
        "PUT,/v2/models/m/infer",
        "POST,/v2/models/stats"
    })
    void wrongVerbsAreNotAllowed(String verb, String target) {
        HttpResponse<String> response = send(verb, target, "");
        assertRefused(response, 405, "Method Not Allowed");
        assertThat(response.headers().firstValue("allow")).isPresent();
    }

    @Test
    void unknownPathsAreNotFound() {
        assertRefused(get("/v2/nothing"), 404, "Not Found");
        assertRefused(get(path("/nothing")), 404, "Not Found");
        assertRefused(post(path("/predict"), "{}"), 404, "Not Found");
    }

    @Test
    void whatIsNotSupportedSaysSo() {
        assertRefused(get("/v2/cudasharedmemory/status"), 501, "CUDA shared memory is not supported");
        assertRefused(get("/v2/systemsharedmemory/status"), 501, "hearth.open-inference.shared-memory");
        assertRefused(post(path("/generate"), "{}"), 501, "is not supported");
        assertRefused(post("/v2/trace/setting", "{\"trace_level\":[\"TIMESTAMPS\"]}"), 501, "trace_level");
        assertRefused(post("/v2/trace/setting", "{\"trace_colour\":null}"), 400, "trace_colour");
        assertRefused(post("/v2/trace/setting", "[1]"), 400, "no JSON object");
        assertRefused(get("/v2/models/nothing/trace/setting"), 404, "'nothing' is not found");
        assertRefused(post("/v2/models/nothing/trace/setting", "{}"), 404, "'nothing' is not found");
        assertThat(json(get("/v2/trace/setting")).get("trace_level").get(0).asText())
                .isEqualTo("OFF");
    }

    @Test
    void describesItself() {
        HttpResponse<String> document = get("/q/openapi");
        assertThat(document.statusCode()).isEqualTo(200);
        assertThat(document.headers().firstValue("content-type").orElse("")).startsWith("application/json");
        assertThat(json(document).get("paths").has("/v2/models/{model}/infer")).isTrue();
    }

    @Test
    void countsRowsAndRuns() {
        JsonNode before = json(get(path("/stats"))).get("model_stats").get(0);
        infer(three());
        JsonNode after = json(get(path("/versions/1/stats"))).get("model_stats").get(0);
        assertThat(after.get("name").asText()).isEqualTo(model());
        assertThat(count(after, "inference_count") - count(before, "inference_count"))
                .isEqualTo(3);
        assertThat(count(after, "execution_count") - count(before, "execution_count"))
                .isEqualTo(1);
        assertThat(successes(after) - successes(before)).isEqualTo(1);
        for (String part : new String[] {"compute_input", "compute_infer", "compute_output"}) {
            JsonNode spent = after.get("inference_stats").get(part);
            assertThat(count(spent, "ns")).as(part).isPositive();
            assertThat(count(spent, "count"))
                    .isEqualTo(count(before.get("inference_stats").get(part), "count") + 1);
        }
        assertThat(after.get("last_inference").asLong()).isPositive();
        assertThat(json(get("/v2/models/stats")).get("model_stats").size()).isPositive();
        assertRefused(get("/v2/models/nothing/stats"), 404, "'nothing' is not found");
    }

    private static long count(JsonNode stats, String name) {
        return stats.get(name).asLong();
    }

    private static long successes(JsonNode stats) {
        return stats.get("inference_stats").get("success").get("count").asLong();
    }

    @Test
    void listsTheRepository() {
        HttpResponse<String> index = post("/v2/repository/index", "{\"ready\":true}");
        assertThat(index.statusCode()).isEqualTo(200);
        assertThat(json(index))
                .anySatisfy(entry -> {
                    assertThat(entry.get("name").asText()).isEqualTo(model());
                    assertThat(entry.get("version").asText()).isEqualTo("1");
                    assertThat(entry.get("state").asText()).isEqualTo("READY");
                })
                .allSatisfy(entry -> assertThat(entry.get("state").asText()).isEqualTo("READY"));
        assertRefused(post("/v2/repository/models/nothing/load", ""), 404, "failed to load 'nothing'");
        assertRefused(
                post("/v2/repository/models/" + model() + "/load", "{\"parameters\":{\"config\":5}}"),
                400,
                "must be a string");
        assertRefused(
                post("/v2/repository/models/" + model() + "/load", "{\"parameters\":{\"file:1/model\":\"AA==\"}}"),
                501,
                "files of models cannot be sent");
    }
}
