package dev.hearth.endpoints.access;

import java.time.Duration;

/**
 * What the gate is for.
 *
 * @param credentials whether credentials are looked at
 * @param adminPort the only port for administrators' calls; 0 = every port
 * @param limited whether clients have limits without naming them in their credentials
 * @param cors whether pages of other origins may see refusals, too
 * @param reload how often files are looked at for changes; zero = never
 */
public record AccessOptions(boolean credentials, int adminPort, boolean limited, boolean cors, Duration reload) {

    /** Whether there is anything to guard. */
    boolean guards() {
        return credentials || adminPort != 0 || limited;
    }
}
