package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import java.util.Map;

/**
 * Which signature of a model its one interface in this protocol is: {@code serving_default}, or the only other one that
 * takes inputs; the request parameter {@code signature_name}, Hearth's addition, names another. Stateless.
 */
final class DefaultSignature {

    static final String PARAMETER = "signature_name";

    private DefaultSignature() {}

    /** @throws ServingException INVALID_ARGUMENT where there is no such signature */
    static Signature of(String model, Map<String, Signature> signatures, String wanted) {
        if (!wanted.isEmpty()) {
            Signature named = signatures.get(wanted);
            if (named == null) {
                throw ServingException.invalidArgument("model '" + model + "' has no signature '" + wanted + "'");
            }
            return named;
        }
        Signature usual = signatures.get(Signature.SERVING_DEFAULT);
        if (usual != null) {
            return usual;
        }
        Signature only = null;
        for (Signature signature : signatures.values()) {
            if (!signature.inputs().isEmpty() && !signature.outputs().isEmpty()) {
                if (only != null) {
                    throw none(model);
                }
                only = signature;
            }
        }
        if (only == null) {
            throw none(model);
        }
        return only;
    }

    private static ServingException none(String model) {
        return ServingException.invalidArgument("model '" + model + "' has no signature '" + Signature.SERVING_DEFAULT
                + "'; name one with the parameter '" + PARAMETER + "'");
    }
}
