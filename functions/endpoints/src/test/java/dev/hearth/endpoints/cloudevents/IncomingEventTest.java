package dev.hearth.endpoints.cloudevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.endpoints.codec.json.ErrorJson;
import dev.hearth.endpoints.codec.json.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IncomingEventTest {

    private static final Map<String, String> BINARY =
            Map.of("ce-specversion", "1.0", "ce-id", "7", "ce-source", "/s", "ce-type", "t");

    @Test
    void takesAPlainBodyAsItIs() {
        IncomingEvent event = read(Map.of("content-type", "text/plain"), "{}");
        assertThat(event.mode()).isEqualTo(EventMode.NONE);
        assertThat(data(event)).isEqualTo("{}");
    }

    @Test
    void readsBinaryMode() {
        IncomingEvent event = read(BINARY, "{}");
        assertThat(event.mode()).isEqualTo(EventMode.BINARY);
        assertThat(event.id()).isEqualTo("7");
        assertThat(data(event)).isEqualTo("{}");
    }

    @Test
    void readsStructuredMode() {
        Map<String, String> headers = Map.of("content-type", "application/cloudevents+json; charset=UTF-8");
        IncomingEvent event = read(
                headers,
                "{\"data\": {\"inputs\" : [1, NaN]} , \"id\":\"8\",\"source\":\"/s\",\"type\":\"t\",\"specversion\":\"1.0\"}");
        assertThat(event.mode()).isEqualTo(EventMode.STRUCTURED);
        assertThat(event.id()).isEqualTo("8");
        assertThat(data(event)).isEqualTo("{\"inputs\" : [1, NaN]}");
        event = read(
                headers,
                "{\"data_base64\":\"e30=\",\"id\":\"8\",\"source\":\"/s\",\"type\":\"t\",\"specversion\":\"1.0\"}");
        assertThat(data(event)).isEqualTo("{}");
    }

    @Test
    void refusesEventsThatBreakTheSpecification() {
        assertThatThrownBy(() -> read(Map.of("ce-specversion", "1.0", "ce-id", "1", "ce-type", "t"), ""))
                .hasMessage("CloudEvent without attribute 'source'");
        assertThatThrownBy(
                        () -> read(Map.of("ce-specversion", "0.3", "ce-id", "1", "ce-type", "t", "ce-source", "/"), ""))
                .hasMessageContaining("0.3");
        assertThatThrownBy(() -> read(Map.of("content-type", "application/cloudevents+json"), "{}"))
                .hasMessage("CloudEvent without attribute 'id'");
    }

    @Test
    void writesAnswersThatNameTheEventTheyAnswer() {
        OutgoingEvent event = new OutgoingEvent("t", "/functions/predict", "modèle 1", "7");
        assertThat(event.headers())
                .containsEntry("ce-specversion", "1.0")
                .containsEntry("ce-subject", "mod%C3%A8le%201")
                .containsEntry("ce-causationid", "7")
                .containsKey("ce-id");
        String text = new String(event.structured(ErrorJson.write("no")).toByteArray(), StandardCharsets.UTF_8);
        assertThat(text).contains("\"causationid\": \"7\"", "\"data\": {\n    \"error\": \"no\"");
    }

    private static IncomingEvent read(Map<String, String> headers, String body) {
        return IncomingEvent.read(headers::get, JsonText.copyOf(body.getBytes(StandardCharsets.UTF_8)));
    }

    private static String data(IncomingEvent event) {
        return new String(event.data().bytes(), 0, event.data().length(), StandardCharsets.UTF_8);
    }
}
