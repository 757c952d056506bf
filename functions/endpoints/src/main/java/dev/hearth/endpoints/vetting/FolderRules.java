package dev.hearth.endpoints.vetting;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ServableId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a version folder must be like. Looked at right before a backend opens it; who can change the folder in between can
 * change it afterwards, too, so folders belong to those who deploy.
 *
 * @param roots folders that models may be in; none = anywhere
 * @param followLinks whether links may lead out of the base path
 * @param digests file of digests, one a line, {@code HEX MODEL/VERSION}; empty = none are asked for
 */
record FolderRules(List<Path> roots, boolean followLinks, Optional<Path> digests) {

    private static final Pattern LINE = Pattern.compile("([0-9a-fA-F]{64})\\s+\\*?(\\S+)");

    /** @throws ServingException PERMISSION_DENIED, saying which rule the folder breaks; NOT_FOUND when it has gone */
    void check(ServableId id, Path folder) {
        try {
            Path real = folder.toRealPath();
            checkRoots(folder, real);
            if (!followLinks) {
                checkLinks(folder, real);
            }
            if (digests.isPresent()) {
                checkDigest(id, folder, digests.get());
            }
        } catch (IOException | UncheckedIOException e) {
            throw ServingException.notFound("Cannot look at the version folder " + folder + ": " + e.getMessage());
        }
    }

    private void checkRoots(Path folder, Path real) throws IOException {
        for (Path root : roots) {
            if (Files.isDirectory(root) && real.startsWith(root.toRealPath())) {
                return;
            }
        }
        if (!roots.isEmpty()) {
            throw refused(folder + " is not in a folder of hearth.security.model-roots, which are " + roots);
        }
    }

    /** A base path may be a link itself, as orchestrators make them; what is below it stays below it. */
    private static void checkLinks(Path folder, Path real) throws IOException {
        Path base = folder.toAbsolutePath().getParent();
        Path realBase = base == null ? real : base.toRealPath();
        checkInside(folder, real, realBase);
        List<Path> links = new ArrayList<>();
        try (Stream<Path> files = Files.walk(real)) {
            files.filter(Files::isSymbolicLink).forEach(links::add);
        }
        for (Path link : links) {
            checkInside(link, link.toRealPath(), realBase);
        }
    }

    private static void checkInside(Path link, Path real, Path realBase) {
        if (!real.startsWith(realBase)) {
            throw refused(link + " is a link that leads out of the model's base path, to " + real
                    + "; hearth.security.follow-links allows it");
        }
    }

    private static void checkDigest(ServableId id, Path folder, Path file) throws IOException {
        String wanted = id.name().value() + "/" + id.version();
        for (String line : Files.readAllLines(file)) {
            Matcher digest = LINE.matcher(line.strip());
            if (digest.matches() && digest.group(2).equals(wanted)) {
                String found = FolderDigest.of(folder);
                if (!found.equals(digest.group(1).toLowerCase(Locale.ROOT))) {
                    throw refused(folder + " is not what " + file + " has a digest of: it is " + found);
                }
                return;
            }
        }
        throw refused(file + " has no digest of " + wanted);
    }

    private static ServingException refused(String why) {
        return new ServingException(ErrorCode.PERMISSION_DENIED, why);
    }
}
