package dev.hearth.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Status and metadata as TensorFlow Serving's REST API has them. */
public abstract class RestStatusContract extends HttpContract {

    @Test
    void printsStatusAsProtobufDoes() {
        HttpResponse<String> response = get("/v1/models/" + model());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body())
                .isEqualTo(
                        """
                        {
                         "model_version_status": [
                          {
                           "version": "1",
                           "state": "AVAILABLE",
                           "status": {
                            "error_code": "OK",
                            "error_message": ""
                           }
                          }
                         ]
                        }
                        """);
        assertThat(get("/v1/models/" + model() + "/versions/1").body()).isEqualTo(response.body());
        assertThat(get("/v1/models/" + model() + "/labels/any").body()).isEqualTo(response.body());
    }

    @Test
    void listsAllModels() {
        JsonNode models = json(get("/v1/models")).path("models");
        assertThat(models.findValuesAsText("name")).contains(model());
    }

    @Test
    void printsSignaturesWithTheDoubledKey() {
        JsonNode metadata = json(get("/v1/models/" + model() + "/metadata"));
        assertThat(metadata.at("/model_spec/name").asText()).isEqualTo(model());
        assertThat(metadata.at("/model_spec/version").asText()).isEqualTo("1");
        assertThat(metadata.at("/model_spec/signature_name").asText()).isEmpty();
        JsonNode signature = metadata.at("/metadata/signature_def/signature_def/serving_default");
        assertThat(signature.at("/inputs/x/dtype").asText()).isEqualTo("DT_FLOAT");
        assertThat(signature.at("/outputs/y/dtype").asText()).isEqualTo("DT_FLOAT");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/models/nope|404|Could not find any versions of model nope",
                "/v1/models/NAME/versions/9|404|Could not find version 9 of model NAME",
                "/v1/models/NAME?x=1|404|Could not find any versions of model NAME?x=1",
                "/v1/models/nope/metadata|404|Servable not found for request: Latest(nope)",
                "/v1/models/NAME/versions/9/metadata|404|Servable not found for request: Specific(NAME, 9)",
                "/v1/models/NAME/labels/none/metadata|400|Unrecognized servable version label: none",
                "/v1/models/versions/1|400|Missing model name in request.",
                "/v1/models/NAME/|400|Malformed request: GET /v1/models/NAME/",
                "/v1/nothing|400|Malformed request: GET /v1/nothing",
            })
    void refuses(String target, int status, String text) {
        HttpResponse<String> response = get(target.replace("NAME", model()));
        assertThat(error(response)).isEqualTo(text.replace("NAME", model()));
        assertThat(response.statusCode()).isEqualTo(status);
    }
}
