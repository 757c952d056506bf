package dev.hearth.endpoints.access;

import java.util.Locale;

/** What a client may do. {@link #ADMIN} includes the others: who may load a model may run any code in the server. */
public enum Role {
    /** Predict, classify, regress; read the signatures of a model and whether it is ready. */
    PREDICT,
    /** Read states, signatures and metrics. */
    STATUS,
    /** Change what is served: reload, load, unload, warm up, clear caches. */
    ADMIN;

    /** @throws IllegalArgumentException for any other word, naming the three */
    static Role named(String word) {
        for (Role role : values()) {
            if (role.name().toLowerCase(Locale.ROOT).equals(word)) {
                return role;
            }
        }
        throw new IllegalArgumentException("a role is predict, status or admin");
    }
}
