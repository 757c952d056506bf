package dev.hearth.protocol.config;

/**
 * A configuration file that was read but is not what it should be. The message starts with TensorFlow Serving's text
 * {@code Invalid protobuf file: 'F'} and goes on with line, column and reason.
 */
public final class ConfigFormatException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final int line;
    private final int column;

    ConfigFormatException(String file, int line, int column, String reason, Throwable cause) {
        super("Invalid protobuf file: '" + file + "': " + line + ":" + column + ": " + reason, cause);
        this.file = file;
        this.line = line;
        this.column = column;
    }

    /** The file as the caller named it. */
    public String file() {
        return file;
    }

    /** Counted from 1. */
    public int line() {
        return line;
    }

    /** Counted from 1. */
    public int column() {
        return column;
    }
}
