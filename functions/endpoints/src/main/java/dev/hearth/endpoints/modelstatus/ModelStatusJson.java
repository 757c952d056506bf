package dev.hearth.endpoints.modelstatus;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.hearth.endpoints.codec.proto.ProtoJson;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Status of versions as TensorFlow Serving prints {@code GetModelStatusResponse}. It knows five states: WARMING shows
 * as LOADING, QUIESCING as UNLOADING, ERROR as END with the error. Stateless.
 */
final class ModelStatusJson {

    private ModelStatusJson() {}

    /** One model's versions, in the order given. */
    static String print(List<ServableStatus> versions) {
        return ProtoJson.print(json -> {
            json.writeStartObject();
            write(versions, json);
            json.writeEndObject();
        });
    }

    /** All models, each with its versions: an addition, TensorFlow Serving has no such list. */
    static String printAll(Map<ModelName, List<ServableStatus>> models) {
        return ProtoJson.print(json -> {
            json.writeStartObject();
            json.writeArrayFieldStart("models");
            for (Map.Entry<ModelName, List<ServableStatus>> model : models.entrySet()) {
                json.writeStartObject();
                json.writeStringField("name", model.getKey().value());
                write(model.getValue(), json);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private static void write(List<ServableStatus> versions, JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("model_version_status");
        for (ServableStatus version : versions) {
            ServingException error = version.state() == ServableState.ERROR ? version.error() : null;
            json.writeStartObject();
            json.writeStringField("version", Long.toString(version.id().version()));
            json.writeStringField("state", wireState(version.state()));
            json.writeObjectFieldStart("status");
            json.writeStringField(
                    "error_code", error == null ? "OK" : error.code().name());
            json.writeStringField("error_message", error == null ? "" : error.getMessage());
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static String wireState(ServableState state) {
        return switch (state) {
            case NEW -> "START";
            case LOADING, WARMING -> "LOADING";
            case AVAILABLE -> "AVAILABLE";
            case QUIESCING, UNLOADING -> "UNLOADING";
            case END, ERROR -> "END";
        };
    }
}
