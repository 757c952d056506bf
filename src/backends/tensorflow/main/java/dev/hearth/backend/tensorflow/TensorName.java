package dev.hearth.backend.tensorflow;

/**
 * A tensor of a graph: {@code operation:output}; without a number it is output 0.
 *
 * @param index which of the operation's outputs
 */
record TensorName(String operation, int index) {

    private static final int MOST_DIGITS = 9;

    static TensorName parse(String text) {
        int colon = text.lastIndexOf(':');
        String digits = text.substring(colon + 1);
        boolean numbered = colon > 0
                && !digits.isEmpty()
                && digits.length() <= MOST_DIGITS
                && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        return numbered ? new TensorName(text.substring(0, colon), Integer.parseInt(digits)) : new TensorName(text, 0);
    }
}
