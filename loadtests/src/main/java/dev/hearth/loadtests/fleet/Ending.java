package dev.hearth.loadtests.fleet;

/** How a member ends. */
enum Ending {
    /** SIGKILL: what a crash or the kernel's out-of-memory killer does. */
    KILL,
    /** SIGTERM: a roll-out or a node that is emptied. */
    TERMINATE
}
