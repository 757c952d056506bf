package dev.hearth.engine.model;

/** One version of one model. Prints as TensorFlow Serving does: {@code {name: half_plus_two version: 123}}. */
public record ServableId(ModelName name, long version) {

    public ServableId(String name, long version) {
        this(new ModelName(name), version);
    }

    @Override
    public String toString() {
        return "{name: " + name + " version: " + version + "}";
    }
}
