package dev.hearth.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.Test;

class JsonLinesTest {

    @Test
    void eachRecordIsOneLineWithAnObject() throws Exception {
        ExtLogRecord event =
                new ExtLogRecord(Level.INFO, "a \"text\"\nwith lines", ExtLogRecord.FormatStyle.NO_FORMAT, "Source");
        event.setLoggerName("dev.hearth.access");
        event.setMdc(Map.of("traceId", "4bf9", "path", "/v1"));
        event.setThrown(new IllegalStateException("broken"));

        String line = new JsonLines().format(event);

        assertThat(line).endsWith("}\n").hasLineCount(1);
        JsonNode json = new ObjectMapper().readTree(line);
        assertThat(json.path("level").asText()).isEqualTo("INFO");
        assertThat(json.path("loggerName").asText()).isEqualTo("dev.hearth.access");
        assertThat(json.path("message").asText()).isEqualTo("a \"text\"\nwith lines");
        assertThat(json.at("/mdc/traceId").asText()).isEqualTo("4bf9");
        assertThat(json.path("stackTrace").asText()).contains("IllegalStateException: broken");
        assertThat(json.path("timestamp").asText()).endsWith("Z");
    }
}
