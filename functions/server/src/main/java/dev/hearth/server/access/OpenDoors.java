package dev.hearth.server.access;

import dev.hearth.endpoints.access.AccessGate;
import dev.hearth.endpoints.config.HearthConfig;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/** Tells at the start what is open to everybody who reaches the ports: what, why that matters, how to close it. */
@ApplicationScoped
public class OpenDoors {

    private static final Logger LOG = Logger.getLogger(OpenDoors.class);

    private final HearthConfig config;
    private final AccessGate gate;

    OpenDoors(HearthConfig config, AccessGate gate) {
        this.config = config;
        this.gate = gate;
    }

    void tell(@Observes @Priority(200) StartupEvent event) {
        if (config.security().warnings()) {
            found(config, gate.control().enabled()).forEach(LOG::warn);
        }
    }

    /** The warnings; none for a server that only its own machine reaches. */
    static List<String> found(HearthConfig config, boolean guarded) {
        List<String> found = new ArrayList<>();
        if (isLocal(config.host())) {
            return found;
        }
        String where = "everybody who reaches " + config.host();
        boolean tls = config.tls().certificate().isPresent();
        if (!guarded && config.security().adminPort() == 0) {
            found.add(
                    "Security: " + where + " may reload, load, unload and warm up models, and a model is a program."
                            + " Close it with --hearth.security.keys-file=FILE (./hearth key makes keys), move it with"
                            + " --hearth.security.admin-port=PORT, or listen on --hearth.host=127.0.0.1 only (docs/security.md)");
        }
        if (guarded && !tls) {
            found.add(
                    "Security: credentials and data cross the network unencrypted, since hearth.tls.certificate is not set."
                            + " Set it and hearth.tls.key, or see that a proxy or mesh in front does it (docs/security.md)");
        }
        HearthConfig.Limits limits = config.limits();
        var client = config.security().client();
        if (guarded && client.rate() == 0 && client.inFlight() == 0 && client.bytes() == 0) {
            found.add("Security: one client may take the whole server, since no limits of clients are set."
                    + " Set hearth.security.client.in-flight or .rate (docs/security.md)");
        }
        if (limits.inFlightBytes() == Long.MAX_VALUE || limits.messageBytes() >= Integer.MAX_VALUE) {
            found.add("Security: hearth.limits lets requests take all memory. Leave the keys out for their defaults");
        }
        if (!isLocal(config.security().adminHost()) && config.security().adminPort() != 0 && !guarded) {
            found.add("Security: the port for administrators is open to everybody who reaches "
                    + config.security().adminHost() + ". Set hearth.security.keys-file, too (docs/security.md)");
        }
        return found;
    }

    private static boolean isLocal(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
