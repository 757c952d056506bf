package dev.hearth.endpoints.access;

import dev.hearth.engine.error.ServingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The file of API keys and of clients with certificates. A line is: the client's name, the key's hash or a name of the
 * certificate ({@link CertificateName}), roles separated by commas, then options
 * {@code models=a,b}, {@code rate=100}, {@code in-flight=10}, {@code bytes=1000000}. {@code #} begins a comment. Two lines
 * with one name are two keys of one client, so that a key can be replaced without a gap.
 */
final class KeyFile {

    private static final String NAME = "[A-Za-z0-9._@:/-]{1,128}";

    private KeyFile() {}

    /** @throws ServingException INVALID_ARGUMENT with file and line, or NOT_FOUND */
    static KnownClients read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw ServingException.notFound("Cannot read the file of API keys " + file + ": " + e);
        }
        Map<KeyDigest, Grant> keys = new HashMap<>();
        Map<String, Grant> certificates = new HashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).replaceFirst("(^|\\s)#.*", "").strip();
            if (line.isEmpty()) {
                continue;
            }
            try {
                read(line, keys, certificates);
            } catch (IllegalArgumentException wrong) {
                throw ServingException.invalidArgument(file + ":" + (i + 1) + ": " + wrong.getMessage());
            }
        }
        return new KnownClients(keys, certificates);
    }

    private static void read(String line, Map<KeyDigest, Grant> keys, Map<String, Grant> certificates) {
        String[] words = line.split("\\s+");
        if (words.length < 3) {
            throw new IllegalArgumentException("a line is NAME sha256:HASH ROLES [OPTION=VALUE ...], or has dns:, uri:,"
                    + " email:, ip:, cn: or subject: and a name of a certificate for the hash");
        }
        if (!words[0].matches(NAME)) {
            throw new IllegalArgumentException("a client's name has letters, digits and . _ @ : / - only");
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (String role : words[2].split(",")) {
            roles.add(Role.named(role));
        }
        Set<String> models = new HashSet<>();
        ClientLimits limits = ClientLimits.UNSET;
        for (String option : Arrays.asList(words).subList(3, words.length)) {
            int equals = option.indexOf('=');
            String value = option.substring(equals + 1);
            switch (equals < 0 ? "" : option.substring(0, equals)) {
                case "models" -> models.addAll(names(value));
                case "rate" -> limits = new ClientLimits(positive(value), limits.inFlight(), limits.bytes());
                case "in-flight" -> limits = new ClientLimits(limits.rate(), (int) positive(value), limits.bytes());
                case "bytes" -> limits = new ClientLimits(limits.rate(), limits.inFlight(), (long) positive(value));
                default ->
                    throw new IllegalArgumentException(
                            "an option is models=, rate=, in-flight= or bytes=, without spaces around =");
            }
        }
        Grant grant = new Grant(words[0], roles, models, limits);
        Grant before = CertificateName.begins(words[1])
                ? certificates.put(CertificateName.parse(words[1]), grant)
                : keys.put(KeyDigest.parse(words[1]), grant);
        if (before != null) {
            throw new IllegalArgumentException("the key or certificate of this line has another line, too");
        }
    }

    /** An empty list would mean all models, which is the opposite of what it looks like. */
    private static List<String> names(String value) {
        List<String> names = List.of(value.split(","));
        if (names.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("models= names models separated by commas");
        }
        return names;
    }

    private static double positive(String value) {
        double number = Double.parseDouble(value);
        if (!(number > 0) || number > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a limit is a positive number; leave it out for none");
        }
        return number;
    }
}
