package dev.hearth.loadtests.fleet;

import java.util.List;

/** How a member ends, or seems to. */
public enum Ending {
    /** SIGKILL: what a crash or the kernel's out-of-memory killer does. */
    KILL,
    /** SIGTERM: a roll-out or a node that is emptied. */
    TERMINATE,
    /** SIGSTOP and, some seconds later, SIGCONT: a host that swaps, a machine that is moved. The process goes on. */
    STOP;

    /** The process is gone afterwards. */
    public static final List<Ending> ENDINGS = List.of(KILL, TERMINATE);
}
