package dev.hearth.endpoints.access;

/**
 * What one client may take.
 *
 * @param rate requests a second, with as many at once; 0 = no limit, negative = unset
 * @param inFlight requests being answered at a time; 0 = no limit, negative = unset
 * @param bytes bodies and messages being answered at a time; 0 = no limit, negative = unset
 */
public record ClientLimits(double rate, int inFlight, long bytes) {

    public static final ClientLimits UNSET = new ClientLimits(-1, -1, -1);

    /** With what is unset here taken from there. */
    ClientLimits orElse(ClientLimits other) {
        return new ClientLimits(
                rate < 0 ? other.rate : rate,
                inFlight < 0 ? other.inFlight : inFlight,
                bytes < 0 ? other.bytes : bytes);
    }

    boolean any() {
        return rate > 0 || inFlight > 0 || bytes > 0;
    }
}
