package dev.hearth.endpoints.access;

import dev.hearth.engine.time.Ticker;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The clients with limits, by name or, without credentials, by address. Thread-safe. Clients that take nothing are forgotten
 * when there are many, so that addresses cannot fill the memory.
 */
final class Clients {

    private static final int MANY = 20_000;

    /** A name and its limits: who is given other limits begins anew. */
    private record Who(String name, ClientLimits limits) {}

    private final ClientLimits byDefault;
    private final Ticker ticker;
    private final Map<Who, ClientUse> uses = new ConcurrentHashMap<>();

    Clients(ClientLimits byDefault, Ticker ticker) {
        this.byDefault = byDefault;
        this.ticker = ticker;
    }

    /** The use of a client; null when nothing limits it. */
    @Nullable
    ClientUse of(Grant grant, String address) {
        ClientLimits limits = grant.limits().orElse(byDefault);
        if (!limits.any()) {
            return null;
        }
        Who who = new Who(grant.client().isEmpty() ? "address " + address : grant.client(), limits);
        ClientUse use = uses.get(who);
        if (use == null) {
            if (uses.size() >= MANY) {
                uses.values().removeIf(ClientUse::idle);
            }
            use = uses.computeIfAbsent(who, key -> new ClientUse(limits, ticker));
        }
        return use;
    }
}
