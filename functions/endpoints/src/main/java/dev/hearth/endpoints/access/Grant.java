package dev.hearth.endpoints.access;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a client may do, as its credentials say. Immutable.
 *
 * @param client its name, for logs and limits: plain letters, digits and {@code . _ - @ : /}
 * @param roles at least one
 * @param models the only models it may ask for; none named = all
 * @param limits what it may take; {@link ClientLimits#UNSET} where its credentials do not say
 */
public record Grant(String client, Set<Role> roles, Set<String> models, ClientLimits limits) {

    /** Of everybody while access control is off. */
    public static final Grant OPEN = new Grant("", EnumSet.allOf(Role.class), Set.of(), ClientLimits.UNSET);

    private static final int LONGEST_NAME = 128;

    public Grant {
        client = safe(client);
        if (roles.contains(Role.ADMIN)) {
            roles = EnumSet.allOf(Role.class);
        }
        roles = Set.copyOf(roles);
        models = Set.copyOf(models);
    }

    boolean hasOneOf(Set<Role> wanted) {
        for (Role role : wanted) {
            if (roles.contains(role)) {
                return true;
            }
        }
        return false;
    }

    boolean reaches(String model) {
        return models.isEmpty() || models.contains(model);
    }

    boolean reachesAll() {
        return models.isEmpty();
    }

    /** Names come from tokens, too, and go into logs and headers. */
    private static String safe(String name) {
        String cut = name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) : name;
        return cut.replaceAll("[^A-Za-z0-9._@:/-]", "_");
    }
}
