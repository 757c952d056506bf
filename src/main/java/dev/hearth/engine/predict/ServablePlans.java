package dev.hearth.engine.predict;

import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.ServableHandle;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The plans of the signatures of one loaded servable that were asked for. Thread-safe. */
final class ServablePlans {

    /** Clients make up signature names; what is not in the model is counted under one empty name. */
    private static final String STRANGER = "";

    private final ServableId id;
    private final Map<String, Signature> signatures;
    private final ServingMetrics metrics;
    private final Map<String, SignaturePlan> plans = new ConcurrentHashMap<>();
    private volatile @Nullable SignatureMetrics strangers;

    ServablePlans(ServableHandle handle, ServingMetrics metrics) {
        this.id = handle.id();
        this.signatures = handle.servable().signatures();
        this.metrics = metrics;
    }

    /** The plan of this signature, or null. */
    @Nullable
    SignaturePlan find(String name) {
        SignaturePlan plan = plans.get(name);
        if (plan == null) {
            Signature signature = signatures.get(name);
            if (signature != null) {
                plan = plans.computeIfAbsent(name, key -> new SignaturePlan(signature, metrics.signature(id, key)));
            }
        }
        return plan;
    }

    SignatureMetrics metrics(@Nullable SignaturePlan plan) {
        if (plan != null) {
            return plan.metrics();
        }
        SignatureMetrics known = strangers;
        if (known == null) {
            known = metrics.signature(id, STRANGER);
            strangers = known;
        }
        return known;
    }

    static String nameOrDefault(String signatureName) {
        return signatureName.isEmpty() ? Signature.SERVING_DEFAULT : signatureName;
    }
}
