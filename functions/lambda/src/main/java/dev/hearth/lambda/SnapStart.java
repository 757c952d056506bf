package dev.hearth.lambda;

import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.jboss.logging.Logger;

/**
 * What Lambda's SnapStart needs: many predictions before the snapshot is taken, so that it holds a warm function, and one
 * after it is restored, so that an instance that does not work ends before it gets an event. There is nothing to reopen:
 * models are files in memory, and no connection outlives a call.
 *
 * <p>Called by the runtime's thread. A failure of either hook ends the instance, and Lambda makes another.
 */
final class SnapStart implements Resource {

    private static final Logger LOG = Logger.getLogger(SnapStart.class);

    /** Tells CRaC's API whom it stands for. */
    private static final String IMPLEMENTATION = "org.crac.Core.Compat";

    private static final String LAMBDA = "com.amazonaws.services.lambda.crac";

    private final Priming priming;

    private SnapStart(Priming priming) {
        this.priming = priming;
    }

    /** Where nobody takes snapshots nothing is ever called. */
    static void register(Priming priming) {
        if (System.getProperty(IMPLEMENTATION) == null && lambdaIsThere()) {
            System.setProperty(IMPLEMENTATION, LAMBDA);
        }
        Core.getGlobalContext().register(new SnapStart(priming));
    }

    private static boolean lambdaIsThere() {
        try {
            Class.forName(LAMBDA + ".Core", false, SnapStart.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException elsewhere) {
            return false;
        }
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
        priming.runForSnapshot();
        LOG.info("Primed for the snapshot");
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
        priming.run();
        LOG.info("Restored: every model answers");
    }
}
