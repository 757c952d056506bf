package dev.hearth.lambda;

import dev.hearth.endpoints.codec.json.JsonMembers;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.engine.error.ServingException;

/** What an event is, told by members that only events of the kind have. */
enum EventKind {
    /** API Gateway's payload format 2.0: HTTP APIs and Function URLs. */
    HTTP,
    /** Payload format 1.0 (REST APIs) and load balancers: HTTP, but nobody reads it here. */
    OLD_HTTP,
    /** Everything else: somebody invoked the function. */
    DIRECT;

    static EventKind of(JsonText event) {
        JsonMembers members;
        try {
            members = JsonMembers.of(event, "rawPath", "httpMethod");
        } catch (ServingException noObject) {
            return DIRECT;
        }
        if (members.string("rawPath") != null) {
            return HTTP;
        }
        return members.string("httpMethod") != null ? OLD_HTTP : DIRECT;
    }
}
