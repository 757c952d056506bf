package dev.hearth.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * As much of kustomize as the folders here use: resources, components, JSON patches and image names. Anything else in a
 * kustomization is an error. Where kubectl is at hand, {@code KustomizationTest} compares the two.
 */
final class Kustomization {

    private static final Set<String> KNOWN =
            Set.of("apiVersion", "kind", "resources", "components", "images", "patches");

    private Kustomization() {}

    /** The objects of a folder, with some components on top of those that it names. */
    static List<JsonNode> render(Path folder, Path... moreComponents) {
        List<JsonNode> objects = new ArrayList<>();
        apply(folder, objects);
        for (Path component : moreComponents) {
            apply(component, objects);
        }
        return objects;
    }

    private static void apply(Path folder, List<JsonNode> objects) {
        JsonNode kustomization =
                Repository.yaml(folder.resolve("kustomization.yaml")).get(0);
        Set<String> fields = new TreeSet<>();
        kustomization.fieldNames().forEachRemaining(fields::add);
        fields.removeAll(KNOWN);
        if (!fields.isEmpty()) {
            throw new IllegalArgumentException(folder + ": not known here: " + fields);
        }
        for (JsonNode resource : kustomization.path("resources")) {
            Path path = folder.resolve(resource.asText()).normalize();
            if (Files.isDirectory(path)) {
                apply(path, objects);
            } else {
                objects.addAll(Repository.yaml(path));
            }
        }
        for (JsonNode component : kustomization.path("components")) {
            apply(folder.resolve(component.asText()).normalize(), objects);
        }
        for (JsonNode patch : kustomization.path("patches")) {
            JsonNode operations = patch.has("path")
                    ? Repository.yaml(folder.resolve(patch.get("path").asText()))
                            .get(0)
                    : Repository.yaml(patch.get("patch").asText()).get(0);
            JsonNode target = target(objects, patch.path("target"));
            operations.forEach(operation -> patch(target, operation));
        }
        for (JsonNode image : kustomization.path("images")) {
            objects.forEach(object -> rename(object, image));
        }
    }

    private static JsonNode target(List<JsonNode> objects, JsonNode wanted) {
        List<JsonNode> found = objects.stream()
                .filter(object -> object.path("kind").equals(wanted.path("kind")))
                .filter(object -> object.at("/metadata/name").equals(wanted.path("name")))
                .toList();
        if (found.size() != 1) {
            throw new IllegalArgumentException("patch of " + wanted + " fits " + found.size() + " objects");
        }
        return found.get(0);
    }

    private static void patch(JsonNode object, JsonNode operation) {
        String path = operation.get("path").asText();
        int slash = path.lastIndexOf('/');
        JsonNode parent = object.at(path.substring(0, slash));
        String key = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
        switch (operation.get("op").asText()) {
            case "test" -> require(object.at(path).equals(operation.get("value")), operation, "does not hold");
            case "replace" -> {
                require(!object.at(path).isMissingNode(), operation, "replaces nothing");
                set(parent, key, operation);
            }
            case "add" -> set(parent, key, operation);
            default -> throw new IllegalArgumentException("not known here: " + operation);
        }
    }

    private static void set(JsonNode parent, String key, JsonNode operation) {
        JsonNode value = operation.get("value").deepCopy();
        if (parent instanceof ObjectNode map) {
            map.set(key, value);
        } else if (parent instanceof ArrayNode list && key.equals("-")) {
            list.add(value);
        } else {
            require(false, operation, "has no place");
        }
    }

    private static void require(boolean holds, JsonNode operation, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(operation + " " + otherwise);
        }
    }

    private static void rename(JsonNode node, JsonNode image) {
        if (node instanceof ObjectNode map && map.path("image").equals(image.get("name"))) {
            map.put(
                    "image",
                    image.get("newName").asText() + ":" + image.get("newTag").asText());
        }
        node.forEach(child -> rename(child, image));
    }
}
