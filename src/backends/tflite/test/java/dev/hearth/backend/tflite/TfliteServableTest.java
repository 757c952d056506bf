package dev.hearth.backend.tflite;

import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.testing.ServableContract;

class TfliteServableTest extends ServableContract {

    @Override
    protected Servable halfPlusTwo() {
        return Fixtures.load(Fixtures.fixture("half_plus_two_lite"));
    }
}
