package dev.hearth.engine.model;

/** Which version of a model a request means. */
public sealed interface VersionSelector {

    Latest LATEST = new Latest();

    /** The highest version that is loaded. */
    record Latest() implements VersionSelector {}

    /** Exactly this version; 0 is a version like any other. */
    record Exact(long version) implements VersionSelector {}

    /** The version that this label points to. */
    record Label(String label) implements VersionSelector {}
}
