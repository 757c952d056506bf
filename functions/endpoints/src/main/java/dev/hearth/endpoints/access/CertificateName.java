package dev.hearth.endpoints.access;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;

/**
 * The names of a client's certificate in the form in which a line of the file of keys has them: {@code uri:}, {@code dns:},
 * {@code email:} and {@code ip:} are alternative names, {@code subject:} is the whole subject and {@code cn:} its common
 * name. Whose names they are has been proved in the handshake, by a signature of {@code hearth.tls.client-ca}.
 */
final class CertificateName {

    private static final int EMAIL = 1;
    private static final int DNS = 2;
    private static final int URI = 6;
    private static final int IP = 7;

    private CertificateName() {}

    /** Whether a word of the file is such a name, right or wrong. */
    static boolean begins(String word) {
        return word.matches("(uri|dns|email|ip|subject|cn):.*");
    }

    /**
     * The name in the form that {@link #of} gives; blanks are written as {@code %20}.
     *
     * @throws IllegalArgumentException when it is empty or no subject
     */
    static String parse(String word) {
        int colon = word.indexOf(':');
        String kind = word.substring(0, colon);
        String name = URLDecoder.decode(word.substring(colon + 1).replace("+", "%2B"), StandardCharsets.UTF_8);
        if (name.isBlank()) {
            throw new IllegalArgumentException("a name of a certificate is empty");
        }
        return switch (kind) {
            case "subject" -> subject(new X500Principal(name));
            case "dns" -> "dns:" + name.toLowerCase(Locale.ROOT);
            default -> kind + ":" + name;
        };
    }

    private static String subject(X500Principal subject) {
        return "subject:" + subject.getName(X500Principal.CANONICAL);
    }

    /** All names of a certificate, those that mean a program or machine most exactly first. */
    static List<String> of(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        alternative(certificate, URI, "uri:", names);
        alternative(certificate, DNS, "dns:", names);
        alternative(certificate, EMAIL, "email:", names);
        alternative(certificate, IP, "ip:", names);
        X500Principal subject = certificate.getSubjectX500Principal();
        names.add(subject(subject));
        commonName(subject, names);
        return names;
    }

    private static void alternative(X509Certificate certificate, int type, String kind, List<String> names) {
        Collection<List<?>> all;
        try {
            all = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException unreadable) {
            return;
        }
        if (all == null) {
            return;
        }
        for (List<?> one : all) {
            if (one.get(0).equals(type) && one.get(1) instanceof String name) {
                names.add(kind + (type == DNS ? name.toLowerCase(Locale.ROOT) : name));
            }
        }
    }

    /** The innermost one: a subject may have others, of the organisations around it. */
    private static void commonName(X500Principal subject, List<String> names) {
        try {
            List<Rdn> parts = new LdapName(subject.getName(X500Principal.RFC2253)).getRdns();
            for (int i = parts.size() - 1; i >= 0; i--) {
                Rdn part = parts.get(i);
                if (part.getType().equalsIgnoreCase("CN") && part.getValue() instanceof String name) {
                    names.add("cn:" + name);
                    return;
                }
            }
        } catch (InvalidNameException unreadable) {
            // A certificate without a readable common name has none.
            return;
        }
    }
}
