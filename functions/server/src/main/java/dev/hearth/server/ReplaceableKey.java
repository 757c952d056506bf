package dev.hearth.server;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The server's certificate and key, which can be replaced while connections are made. Giving a listener other options
 * instead lets the handshakes of that moment fail: Vert.x has none for them until it has read the new ones.
 *
 * <p>Thread-safe. A handshake asks more than once, so a pair is known by a number, and the one before it is kept.
 */
final class ReplaceableKey extends X509ExtendedKeyManager {

    private record Pair(int number, X509KeyManager keys) {}

    private record Pairs(Pair now, Pair before) {}

    private volatile Pairs pairs;

    ReplaceableKey(X509KeyManager keys) {
        Pair first = new Pair(0, keys);
        this.pairs = new Pairs(first, first);
    }

    /** From now on handshakes begin with this one. */
    synchronized void use(X509KeyManager keys) {
        Pair now = pairs.now();
        pairs = new Pairs(new Pair(now.number() + 1, keys), now);
    }

    private static @Nullable String named(Pair pair, @Nullable String alias) {
        return alias == null ? null : pair.number() + " " + alias;
    }

    private X509KeyManager of(String name) {
        Pairs known = pairs;
        String before = known.before().number() + " ";
        return name.startsWith(before) ? known.before().keys() : known.now().keys();
    }

    private static String alias(String name) {
        return name.substring(name.indexOf(' ') + 1);
    }

    @Override
    public @Nullable String chooseServerAlias(String kind, Principal @Nullable [] issuers, @Nullable Socket socket) {
        Pair pair = pairs.now();
        return named(pair, pair.keys().chooseServerAlias(kind, issuers, socket));
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String kind, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        Pair pair = pairs.now();
        return named(
                pair,
                pair.keys() instanceof X509ExtendedKeyManager extended
                        ? extended.chooseEngineServerAlias(kind, issuers, engine)
                        : pair.keys().chooseServerAlias(kind, issuers, null));
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String name) {
        return of(name).getCertificateChain(alias(name));
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String name) {
        return of(name).getPrivateKey(alias(name));
    }

    @Override
    public String @Nullable [] getServerAliases(String kind, Principal @Nullable [] issuers) {
        Pair pair = pairs.now();
        String[] aliases = pair.keys().getServerAliases(kind, issuers);
        for (int i = 0; aliases != null && i < aliases.length; i++) {
            aliases[i] = pair.number() + " " + aliases[i];
        }
        return aliases;
    }

    @Override
    public String @Nullable [] getClientAliases(String kind, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(String[] kinds, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }
}
