package dev.hearth.loadtests.chaos;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A thousand connections at once, each of which asks when all are there. */
public final class ManyConnections implements Fault {

    private static final int CONNECTIONS = 1_000;
    private static final int HEAD_BYTES = 15;

    @Override
    public String name() {
        return "1000 connections";
    }

    @Override
    public Finding strike(Victim victim) throws IOException, InterruptedException {
        List<Socket> sockets = new ArrayList<>();
        int answered = 0;
        int refused = 0;
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                sockets.add(victim.connect());
            }
            for (Socket socket : sockets) {
                socket.getOutputStream().write(Victim.request());
                socket.getOutputStream().flush();
            }
            for (Socket socket : sockets) {
                String head = new String(socket.getInputStream().readNBytes(HEAD_BYTES), StandardCharsets.US_ASCII);
                answered += head.startsWith("HTTP/1.1 200") ? 1 : 0;
                refused += head.startsWith("HTTP/1.1 429") ? 1 : 0;
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        return new Finding(
                answered > 0 && answered + refused == CONNECTIONS && victim.answers(),
                answered + " of " + CONNECTIONS + " answered, " + refused + " refused as too many at once");
    }
}
