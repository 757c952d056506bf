package dev.hearth.server.logging;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/** Log records as JSON objects, one a line; the names of members are those of Quarkus' own JSON log. Thread-safe. */
final class JsonLines extends ExtFormatter {

    private static final JsonFactory JSON = new JsonFactory();

    @Override
    public String format(ExtLogRecord event) {
        StringWriter line = new StringWriter(256);
        try (JsonGenerator out = JSON.createGenerator(line)) {
            out.writeStartObject();
            out.writeStringField("timestamp", event.getInstant().toString());
            out.writeNumberField("sequence", event.getSequenceNumber());
            out.writeStringField("level", String.valueOf(event.getLevel()));
            out.writeStringField("loggerName", String.valueOf(event.getLoggerName()));
            out.writeStringField("threadName", String.valueOf(event.getThreadName()));
            out.writeStringField("message", String.valueOf(formatMessage(event)));
            Map<String, String> context = event.getMdcCopy();
            if (!context.isEmpty()) {
                out.writeObjectFieldStart("mdc");
                for (Map.Entry<String, String> entry : context.entrySet()) {
                    out.writeStringField(entry.getKey(), entry.getValue());
                }
                out.writeEndObject();
            }
            Throwable thrown = event.getThrown();
            if (thrown != null) {
                StringWriter trace = new StringWriter();
                thrown.printStackTrace(new PrintWriter(trace));
                out.writeStringField("stackTrace", trace.toString());
            }
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.append('\n').toString();
    }
}
