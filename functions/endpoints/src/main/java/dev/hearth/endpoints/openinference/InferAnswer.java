package dev.hearth.endpoints.openinference;

import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;

/**
 * What a model answered, before it has any form.
 *
 * @param model name and version that answered
 * @param id of the request
 */
public record InferAnswer(ServableId model, String id, List<Output> outputs) {

    /**
     * One output.
     *
     * @param tensor its elements; those of one in a region are there already and not to be sent
     * @param wanted how it was asked for
     */
    public record Output(Tensor tensor, RequestedOutput wanted) {

        public String name() {
            return wanted.name();
        }

        public String datatype() {
            return Datatypes.name(tensor.type());
        }
    }
}
