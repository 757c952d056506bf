package dev.hearth.endpoints.codec.proto;

import com.google.protobuf.Int64Value;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.protocol.serving.ModelSpec;

/** {@code ModelSpec} of requests and answers ({@code model.proto}), with TensorFlow Serving's texts. */
public final class ModelSpecs {

    private ModelSpecs() {}

    /** The spec of a request that must have one. */
    public static ModelSpec required(boolean present, ModelSpec spec) {
        if (!present) {
            throw ServingException.invalidArgument("Missing ModelSpec");
        }
        return spec;
    }

    /** The model to run. */
    public static ModelName name(ModelSpec spec) {
        if (spec.getName().isEmpty()) {
            throw ServingException.invalidArgument("ModelSpec has no name specified.");
        }
        try {
            return new ModelName(spec.getName());
        } catch (IllegalArgumentException e) {
            throw ServingException.notFound("Servable not found for request: " + wanted(spec) + ": " + e.getMessage());
        }
    }

    /** The version to run; a version of 0 that is present is version 0. */
    public static VersionSelector selector(ModelSpec spec) {
        return switch (spec.getVersionChoiceCase()) {
            case VERSION -> new VersionSelector.Exact(spec.getVersion().getValue());
            case VERSION_LABEL -> new VersionSelector.Label(spec.getVersionLabel());
            case VERSIONCHOICE_NOT_SET -> VersionSelector.LATEST;
        };
    }

    private static String wanted(ModelSpec spec) {
        return spec.hasVersion()
                ? "Specific(" + spec.getName() + ", " + spec.getVersion().getValue() + ")"
                : "Latest(" + spec.getName() + ")";
    }

    /** The spec of an answer: what ran. The label of the request is not repeated. */
    public static ModelSpec ran(ServableId id, String signatureName) {
        return ModelSpec.newBuilder()
                .setName(id.name().value())
                .setVersion(Int64Value.of(id.version()))
                .setSignatureName(signatureName)
                .build();
    }
}
