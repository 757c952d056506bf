package dev.hearth.loadtests.chaos;

import java.io.IOException;
import java.net.Socket;

/** Clients that go away while their requests are being answered, with a reset instead of a goodbye. */
public final class ClientResets implements Fault {

    private static final int CLIENTS = 500;

    @Override
    public String name() {
        return "client resets";
    }

    @Override
    public Finding strike(Victim victim) throws IOException, InterruptedException {
        byte[] request = Victim.request();
        for (int i = 0; i < CLIENTS; i++) {
            try (Socket socket = victim.connect()) {
                socket.setSoLinger(true, 0);
                socket.getOutputStream().write(request, 0, i % 3 == 0 ? request.length / 2 : request.length);
                socket.getOutputStream().flush();
            }
        }
        boolean answers = victim.answers();
        return new Finding(
                answers, CLIENTS + " resets; " + (answers ? "others are answered" : "others are not answered"));
    }
}
