package dev.hearth.engine.predict;

import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.ServableHandle;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The plans of all signatures of one loaded servable. Immutable. */
final class ServablePlans {

    private final Map<String, SignaturePlan> bySignature = new HashMap<>();
    private final SignatureMetrics strangers;

    ServablePlans(ServableHandle handle, ServingMetrics metrics) {
        // Clients make up signature names; what is not in the model is counted under one empty name.
        this.strangers = metrics.signature(handle.id(), "");
        for (Map.Entry<String, Signature> entry : handle.servable().signatures().entrySet()) {
            SignatureMetrics recorder = metrics.signature(handle.id(), entry.getKey());
            bySignature.put(entry.getKey(), new SignaturePlan(entry.getValue(), recorder));
        }
    }

    /** The plan of this signature, or null. */
    @Nullable
    SignaturePlan find(String name) {
        return bySignature.get(name);
    }

    SignatureMetrics metrics(@Nullable SignaturePlan plan) {
        return plan == null ? strangers : plan.metrics();
    }

    static String nameOrDefault(String signatureName) {
        return signatureName.isEmpty() ? Signature.SERVING_DEFAULT : signatureName;
    }
}
