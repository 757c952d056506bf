package dev.hearth.deploy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A container file as a list of instructions.
 *
 * @param lines instructions with their arguments, continuations joined, comments gone
 */
record ContainerFile(String name, List<String> lines) {

    /** The user of every image, and of every pod. */
    static final int USER = 1001;

    static ContainerFile of(String path) {
        List<String> lines = new ArrayList<>();
        StringBuilder open = new StringBuilder();
        for (String line : Repository.text(Repository.ROOT.resolve(path)).split("\n")) {
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            boolean continues = text.endsWith("\\");
            open.append(continues ? text.substring(0, text.length() - 1).strip() + " " : text);
            if (!continues) {
                lines.add(open.toString());
                open.setLength(0);
            }
        }
        return new ContainerFile(path, lines);
    }

    /** The arguments of an instruction, of the last stage that the image is made of. */
    List<String> all(String instruction) {
        List<String> arguments = new ArrayList<>();
        for (String line : lines) {
            String[] parts = line.split("\\s+", 2);
            if (parts[0].toUpperCase(Locale.ROOT).equals("FROM") && !instruction.equals("FROM")) {
                arguments.clear();
            }
            if (parts[0].toUpperCase(Locale.ROOT).equals(instruction)) {
                arguments.add(parts[1]);
            }
        }
        return arguments;
    }

    /** What comes from the package, in order. */
    List<String> copied() {
        return all("COPY").stream()
                .filter(copy -> !copy.contains("--from="))
                .map(copy -> words(copy).get(0))
                .toList();
    }

    List<String> copiedTo() {
        return all("COPY").stream().map(copy -> words(copy).get(1)).toList();
    }

    private static List<String> words(String copy) {
        return List.of(copy.split("\\s+")).stream()
                .filter(word -> !word.startsWith("--"))
                .toList();
    }

    @Override
    public String toString() {
        return name;
    }
}
