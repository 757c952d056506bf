package dev.hearth.endpoints.codec.json;

/**
 * A place in a document whose syntax {@link JsonScanner} has checked: everything here relies on that. Reads scalars
 * without making objects. Not thread-safe.
 */
final class JsonCursor {

    private final byte[] text;

    int pos;
    /** What {@link #readIntegral} read. */
    long integral;

    JsonCursor(byte[] text, int pos) {
        this.text = text;
        this.pos = pos;
    }

    byte[] text() {
        return text;
    }

    /** The next byte that is not white space, not yet taken. */
    byte peek() {
        byte c = text[pos];
        while (c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
            c = text[++pos];
        }
        return c;
    }

    /** Takes the comma here, if there is one. */
    boolean takeComma() {
        if (peek() != ',') {
            return false;
        }
        pos++;
        return true;
    }

    /** Within an object, behind its brace or a member: goes to the next key; false, and at the brace, when there is none. */
    boolean toMember() {
        byte c = peek();
        if (c == ',') {
            pos++;
            peek();
        }
        return c != '}';
    }

    /** From a key to its value. */
    void toValue() {
        pos = JsonStrings.end(text, pos) + 1;
        peek();
        pos++;
        peek();
    }

    static boolean startsNumber(byte c) {
        return c == '-' || c >= '0' && c <= '9' || c == 'N' || c == 'I';
    }

    /** Whether the number here has neither fraction nor exponent; takes nothing. */
    boolean atInteger() {
        int p = pos;
        if (text[p] == '-') {
            p++;
        }
        if (text[p] < '0' || text[p] > '9') {
            return false;
        }
        while (text[p] >= '0' && text[p] <= '9') {
            p++;
        }
        return text[p] != '.' && text[p] != 'e' && text[p] != 'E';
    }

    /**
     * Takes an integer literal into {@link #integral} as 64 bits.
     *
     * @param unsigned whether values up to 2^64-1 are wanted (and none below zero), else those of a long
     * @return false, with nothing taken, when here is no such literal
     */
    boolean readIntegral(boolean unsigned) {
        int p = pos;
        byte c = text[p];
        boolean negative = c == '-';
        if (negative) {
            c = text[++p];
        }
        if (c < '0' || c > '9') {
            return false;
        }
        int first = p;
        long value = 0;
        do {
            value = value * 10 + (c - '0');
            c = text[++p];
        } while (c >= '0' && c <= '9');
        if (c == '.' || c == 'e' || c == 'E') {
            return false;
        }
        int digits = p - first;
        if (digits > 18 && !fits(first, digits, negative, unsigned)) {
            return false;
        }
        if (negative) {
            if (unsigned && value != 0) {
                return false;
            }
            value = -value;
        }
        integral = value;
        pos = p;
        return true;
    }

    private boolean fits(int first, int digits, boolean negative, boolean unsigned) {
        String limit = unsigned ? "18446744073709551615" : negative ? "9223372036854775808" : "9223372036854775807";
        if (digits != limit.length()) {
            return digits < limit.length();
        }
        for (int i = 0; i < digits; i++) {
            int difference = text[first + i] - limit.charAt(i);
            if (difference != 0) {
                return difference < 0;
            }
        }
        return true;
    }

    /** Takes the number here, rounded to the nearest double. {@code -0} is an integer and so has no sign. */
    double readDouble() {
        int start = pos;
        int p = start;
        byte c = text[p];
        boolean negative = c == '-';
        if (negative) {
            c = text[++p];
        }
        if (c > '9') {
            return notFinite(p, negative);
        }
        int first = p;
        long significand = 0;
        do {
            significand = significand * 10 + (c - '0');
            c = text[++p];
        } while (c >= '0' && c <= '9');
        int digits = p - first;
        int exponent = 0;
        boolean integer = true;
        if (c == '.') {
            integer = false;
            int point = p;
            c = text[++p];
            do {
                significand = significand * 10 + (c - '0');
                c = text[++p];
            } while (c >= '0' && c <= '9');
            exponent = point + 1 - p;
            digits -= exponent;
        }
        if (c == 'e' || c == 'E') {
            integer = false;
            c = text[++p];
            boolean minus = c == '-';
            if (minus || c == '+') {
                c = text[++p];
            }
            int e = 0;
            do {
                e = Math.min(e * 10 + (c - '0'), 100_000_000);
                c = text[++p];
            } while (c >= '0' && c <= '9');
            exponent += minus ? -e : e;
        }
        pos = p;
        if (digits > 19 && significantDigits(first) > 19) {
            return DecimalReader.slowly(text, start, p);
        }
        double value = DecimalReader.nearest(significand, exponent);
        if (value != value) {
            return DecimalReader.slowly(text, start, p);
        }
        return !negative ? value : integer && value == 0 ? 0 : -value;
    }

    private int significantDigits(int first) {
        int p = first;
        while (text[p] == '0' || text[p] == '.') {
            p++;
        }
        int n = 0;
        while (text[p] >= '0' && text[p] <= '9' || text[p] == '.') {
            n += text[p++] == '.' ? 0 : 1;
        }
        return n;
    }

    private double notFinite(int at, boolean negative) {
        if (text[at] == 'N') {
            pos = at + 3;
            return Double.NaN;
        }
        pos = at + (text[at + 3] == 'i' ? 8 : 3);
        return negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }

    /** Index behind the scalar (string, number, literal) that starts here; takes nothing. */
    int endOfScalar() {
        if (text[pos] == '"') {
            return JsonStrings.end(text, pos) + 1;
        }
        int p = pos;
        while (text[p] > ' ' && text[p] != ',' && text[p] != ']' && text[p] != '}') {
            p++;
        }
        return p;
    }

    /** Takes the whole value that starts here, however deep. */
    void skipValue() {
        int depth = 0;
        do {
            byte c = peek();
            switch (c) {
                case '[', '{' -> {
                    depth++;
                    pos++;
                }
                case ']', '}' -> {
                    depth--;
                    pos++;
                }
                case ',', ':' -> pos++;
                default -> pos = endOfScalar();
            }
        } while (depth > 0);
    }

    /**
     * Whether the object that starts here is {@code {"b64": "..."}} and nothing more; takes nothing.
     *
     * @return index of the value's opening quote, or -1
     */
    int base64Quote() {
        int start = pos;
        try {
            pos++;
            if (peek() != '"' || !JsonStrings.equals(text, pos, "b64")) {
                return -1;
            }
            pos = JsonStrings.end(text, pos) + 1;
            peek();
            pos++;
            if (peek() != '"') {
                return -1;
            }
            int quote = pos;
            pos = JsonStrings.end(text, pos) + 1;
            return peek() == '}' ? quote : -1;
        } finally {
            pos = start;
        }
    }
}
