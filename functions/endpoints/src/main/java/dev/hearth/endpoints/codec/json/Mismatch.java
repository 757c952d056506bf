package dev.hearth.endpoints.codec.json;

/**
 * The values do not fit the wanted tensor. Only says that; {@link PredictFaults} then finds out what a client is told,
 * so that reading good requests keeps no books for error texts.
 */
final class Mismatch extends RuntimeException {

    static final Mismatch INSTANCE = new Mismatch();

    private Mismatch() {
        super(null, null, false, false);
    }
}
