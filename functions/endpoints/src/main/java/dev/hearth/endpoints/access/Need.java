package dev.hearth.endpoints.access;

import java.util.Set;

/**
 * What a request needs to be let in.
 *
 * @param roles one of them is enough; none = everybody may, without credentials
 * @param reach which models it is about
 * @param model the model; empty unless {@code reach} is {@link Reach#MODEL}
 */
public record Need(Set<Role> roles, Reach reach, String model) {

    /** Which models a request is about. */
    public enum Reach {
        /** The one that is named in the target. */
        MODEL,
        /** All models, or the server itself: not for clients that are bound to some models. */
        SERVER,
        /** One that only the body names: whoever reads it asks {@link AccessControl#checkModel}. */
        IN_BODY,
        /** None: nothing about any model is told. */
        NO_MODEL
    }

    /** Probes and pages without content. */
    public static final Need NOTHING = new Need(Set.of(), Reach.NO_MODEL, "");

    /** For what nobody has decided about: closed to all but administrators. */
    public static final Need UNDECIDED = new Need(Set.of(Role.ADMIN), Reach.SERVER, "");

    /** What only says that and how the server can be talked to. */
    public static final Need ANY_ROLE = new Need(Set.of(Role.PREDICT, Role.STATUS), Reach.NO_MODEL, "");

    public static final Need SERVER_STATUS = new Need(Set.of(Role.STATUS), Reach.SERVER, "");
    public static final Need SERVER_ADMIN = new Need(Set.of(Role.ADMIN), Reach.SERVER, "");

    public Need {
        roles = Set.copyOf(roles);
        if (reach == Reach.MODEL == model.isEmpty()) {
            throw new IllegalArgumentException("a model is named where the need is about one: " + reach);
        }
    }

    public static Need predict(String model) {
        return about(model, Set.of(Role.PREDICT));
    }

    /** Signatures and readiness of a model: for those that use it and those that watch it. */
    public static Need metadata(String model) {
        return about(model, Set.of(Role.PREDICT, Role.STATUS));
    }

    public static Need status(String model) {
        return about(model, Set.of(Role.STATUS));
    }

    public static Need admin(String model) {
        return about(model, Set.of(Role.ADMIN));
    }

    /** About a model that the body names. */
    public static Need inBody(Role... roles) {
        return new Need(Set.of(roles), Reach.IN_BODY, "");
    }

    /** Without a name a call is refused by its handler, or is about all models. */
    private static Need about(String model, Set<Role> roles) {
        return model.isEmpty() ? new Need(roles, Reach.SERVER, "") : new Need(roles, Reach.MODEL, model);
    }

    /** Open to everybody. */
    public boolean isNothing() {
        return roles.isEmpty();
    }

    /** Only administrators may. */
    public boolean isAdmin() {
        return roles.size() == 1 && roles.contains(Role.ADMIN);
    }
}
