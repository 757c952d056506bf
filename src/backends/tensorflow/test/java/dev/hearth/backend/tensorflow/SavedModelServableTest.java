package dev.hearth.backend.tensorflow;

import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.testing.ServableContract;

class SavedModelServableTest extends ServableContract {

    @Override
    protected Servable halfPlusTwo() {
        return Fixtures.load(Fixtures.demo("half_plus_two"), TensorFlowOptions.DEFAULTS.withSessions(2, 2));
    }
}
