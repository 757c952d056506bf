package dev.hearth.endpoints.codec.json;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Changes up to three places of a body: bytes that JSON is made of put in or over others, cut out, doubled, cut off. */
public final class JsonMutations {

    private static final String INTERESTING = "{}[],:\"\\0129.eE-+NaInfuxtrls\0 \n";

    private JsonMutations() {}

    public static byte[] of(byte[] body, Random random) {
        StringBuilder text = new StringBuilder(new String(body, StandardCharsets.ISO_8859_1));
        int changes = random.nextInt(4);
        for (int i = 0; i < changes && text.length() > 0; i++) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(5)) {
                case 0 -> text.deleteCharAt(at);
                case 1 -> text.insert(at, INTERESTING.charAt(random.nextInt(INTERESTING.length())));
                case 2 -> text.setCharAt(at, INTERESTING.charAt(random.nextInt(INTERESTING.length())));
                case 3 -> text.setLength(at);
                default -> text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(12))));
            }
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
