package dev.hearth.engine.admission;

/** The right to have one request read. Both methods are called once, in this order, on any thread. */
public interface Permit extends AutoCloseable {

    /** A worker has the request; the wait ends. */
    void begin();

    /** The request is read and handed on, or will never be. */
    @Override
    void close();
}
