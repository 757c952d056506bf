package dev.hearth.loadtests.chaos;

import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Who it is done to.
 *
 * @param store folder of its models
 * @param scratch folder for files
 */
public record Victim(RunningServer server, Path store, Path scratch) {

    private static final int PATIENCE_MILLIS = 20_000;

    /** A connection to the port of REST; reading from it waits for 20 s at most. */
    Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress("127.0.0.1", server.restPort()), PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    /** A request to the smallest model, as bytes. */
    static byte[] request() {
        String body = "{\"instances\":[1.0]}";
        return ("POST /v1/models/half_plus_two:predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                        + "content-length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Asks the smallest model as others do; whether it answers as it should. */
    boolean answers() throws InterruptedException {
        try {
            return server.post("/v1/models/half_plus_two:predict", "{\"instances\":[1.0]}")
                    .contains("2.5");
        } catch (IOException e) {
            return false;
        }
    }
}
