package dev.hearth.engine.predict;

import org.jspecify.annotations.Nullable;

/**
 * A place that instances share, for measured times as short texts in groups. Called on load threads and when the engine
 * closes; may block shortly, never throws: what cannot be had there is measured.
 */
public interface ProfileExchange {

    /** What was kept in the group under the name, or null. */
    @Nullable
    String find(String group, String name);

    /** Keeps it, in place of what is there. */
    void keep(String group, String name, String text);

    /** Keeps it where nothing is there. */
    void offer(String group, String name, String text);
}
