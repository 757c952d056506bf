package dev.hearth.endpoints.predict;

import dev.hearth.engine.model.VersionSelector;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request target below {@code /v1} asks for. TensorFlow Serving matches two patterns against the whole target
 * with its query; they ignore case, but the verb behind the colon is then compared as it is.
 *
 * @param kind what is asked for
 * @param model percent-decoded name; empty where the target has none
 * @param selector which version
 */
record RestTarget(Kind kind, String model, VersionSelector selector) {

    enum Kind {
        PREDICT,
        CLASSIFY,
        REGRESS,
        STATUS,
        METADATA,
        /** A form of target there is not, or not with this method. */
        MALFORMED,
        /** A version that does not fit 64 bits; answered with 400 and an empty body. */
        UNREADABLE_VERSION
    }

    private static final Pattern PREDICTION =
            Pattern.compile("(?i)/v1/models/([^/:]+)(?:/versions/(\\d+)|/labels/([^/:]+))?:(classify|regress|predict)");
    private static final Pattern STATUS =
            Pattern.compile("(?i)/v1/models(?:/([^/:]+))?(?:/versions/(\\d+)|/labels/([^/:]+))?(?:/(metadata))?");
    static final RestTarget MALFORMED = new RestTarget(Kind.MALFORMED, "", VersionSelector.LATEST);
    private static final int LONGEST_VERSION = 19;

    /** Matching costs as much as reading a small body, and clients ask for the same few targets over and over. */
    private static final Map<String, RestTarget> PREDICTIONS = new ConcurrentHashMap<>();

    private static final int MOST_KEPT = 256;
    private static final int LONGEST_KEPT = 256;

    static RestTarget of(String method, String target) {
        boolean post = method.equals("POST");
        RestTarget kept = post ? PREDICTIONS.get(target) : null;
        if (kept != null) {
            return kept;
        }
        RestTarget matched = match(method, target);
        // What is kept first stays: forgetting by age would cost every request, and other targets only lose time.
        if (post
                && matched.kind() != Kind.MALFORMED
                && target.length() <= LONGEST_KEPT
                && PREDICTIONS.size() < MOST_KEPT) {
            PREDICTIONS.put(target, matched);
        }
        return matched;
    }

    private static RestTarget match(String method, String target) {
        Pattern pattern =
                switch (method) {
                    case "POST" -> PREDICTION;
                    case "GET" -> STATUS;
                    default -> null;
                };
        if (pattern == null) {
            return MALFORMED;
        }
        Matcher matcher = pattern.matcher(target);
        if (!matcher.matches()) {
            return MALFORMED;
        }
        String name = matcher.group(1) == null ? "" : decode(matcher.group(1));
        VersionSelector selector = selector(matcher.group(2), matcher.group(3));
        if (selector == null) {
            return new RestTarget(Kind.UNREADABLE_VERSION, name, VersionSelector.LATEST);
        }
        String word = matcher.group(4);
        Kind kind = pattern == PREDICTION ? verb(word) : "metadata".equals(word) ? Kind.METADATA : Kind.STATUS;
        return new RestTarget(kind, name, selector);
    }

    private static Kind verb(String word) {
        return switch (word) {
            case "predict" -> Kind.PREDICT;
            case "classify" -> Kind.CLASSIFY;
            case "regress" -> Kind.REGRESS;
            default -> Kind.MALFORMED;
        };
    }

    private static @Nullable VersionSelector selector(@Nullable String version, @Nullable String label) {
        if (label != null) {
            return new VersionSelector.Label(decode(label));
        }
        if (version == null) {
            return VersionSelector.LATEST;
        }
        String digits = version.replaceFirst("^0+(?=.)", "");
        if (digits.length() > LONGEST_VERSION) {
            return null;
        }
        try {
            return new VersionSelector.Exact(Long.parseLong(digits));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** Percent-decoding alone: a plus sign is a plus sign, and a percent sign without two hex digits stays. */
    static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < raw.length; i++) {
            int high = raw[i] == '%' && i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = high < 0 ? -1 : Character.digit(raw[i + 2], 16);
            if (low < 0) {
                bytes.write(raw[i]);
            } else {
                bytes.write(high << 4 | low);
                i += 2;
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
