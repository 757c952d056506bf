package dev.hearth.server.logging;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One request that is over.
 *
 * @param client address
 * @param path without the query, which may hold what should not be logged
 * @param version of HTTP, e.g. {@code HTTP/2}
 * @param status of HTTP; 0 where the client went away before there was one
 * @param grpcStatus empty for a call that is not gRPC
 * @param bytes of the answer's body
 * @param nanos from the request's head to the answer's end
 * @param traceId of the caller or our own, 32 hex digits; empty where there is none
 */
record AccessLine(
        String client,
        String method,
        String path,
        String version,
        int status,
        String grpcStatus,
        long bytes,
        long nanos,
        String traceId) {

    private static final int LONGEST = 512;

    /** For people; one line whatever was sent. */
    String text() {
        return escaped(client) + " \"" + escaped(method) + " " + escaped(path) + " " + version + "\" " + status
                + (grpcStatus.isEmpty() ? "" : " grpc-status=" + escaped(grpcStatus)) + " " + bytes + "B "
                + millis() + "ms" + (traceId.isEmpty() ? "" : " trace=" + traceId);
    }

    /** The same by name, for logs that machines read. */
    Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("client", client);
        fields.put("method", method);
        fields.put("path", escaped(path));
        fields.put("status", Integer.toString(status));
        if (!grpcStatus.isEmpty()) {
            fields.put("grpcStatus", grpcStatus);
        }
        fields.put("bytes", Long.toString(bytes));
        fields.put("millis", millis());
        if (!traceId.isEmpty()) {
            fields.put("traceId", traceId);
        }
        return fields;
    }

    private String millis() {
        // Twice for each request of a busy server, where a formatter would take more than the rest of the line.
        long micros = (nanos + 500) / 1000;
        long fraction = micros % 1000;
        return micros / 1000 + (fraction < 10 ? ".00" : fraction < 100 ? ".0" : ".") + fraction;
    }

    /** What could end the line, hide in it or look like another field is written as its number. */
    static String escaped(String text) {
        if (isPlain(text)) {
            return text;
        }
        StringBuilder safe = new StringBuilder(text.length());
        for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
            char c = text.charAt(i);
            if (isUnsafe(c)) {
                safe.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                safe.append(c);
            }
        }
        return text.length() > LONGEST ? safe.append("...").toString() : safe.toString();
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isUnsafe(text.charAt(i))) {
                return false;
            }
        }
        return text.length() <= LONGEST;
    }

    private static boolean isUnsafe(char c) {
        return c <= ' ' || c >= 0x7f || c == '"' || c == '\\';
    }
}
