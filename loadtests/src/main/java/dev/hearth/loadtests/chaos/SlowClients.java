package dev.hearth.loadtests.chaos;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Clients that send their requests byte by byte, and clients that send half of one and then nothing. */
public final class SlowClients implements Fault {

    private static final int CLIENTS = 100;
    private static final int BYTES = 20;
    private static final int PAUSE_MILLIS = 100;

    @Override
    public String name() {
        return "slow clients";
    }

    @Override
    public Finding strike(Victim victim) throws IOException, InterruptedException {
        List<Socket> sockets = new ArrayList<>();
        int answered = 0;
        try {
            byte[] request = Victim.request();
            for (int i = 0; i < CLIENTS; i++) {
                Socket socket = victim.connect();
                sockets.add(socket);
                if (i % 2 == 1) {
                    write(socket, request, 0, request.length / 2);
                }
            }
            for (int at = 0; at < BYTES; at++) {
                for (int i = 0; i < CLIENTS; i += 2) {
                    write(sockets.get(i), request, at, 1);
                }
                answered += victim.answers() ? 1 : 0;
                Thread.sleep(PAUSE_MILLIS);
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        return new Finding(
                answered == BYTES, CLIENTS + " clients; " + answered + " of " + BYTES + " others were answered");
    }

    private static void write(Socket socket, byte[] bytes, int from, int count) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes, from, count);
        out.flush();
    }
}
