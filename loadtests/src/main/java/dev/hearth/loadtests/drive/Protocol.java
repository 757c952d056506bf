package dev.hearth.loadtests.drive;

/** How a call goes to the server. */
public enum Protocol {
    GRPC,
    REST;

    @Override
    public String toString() {
        return this == GRPC ? "gRPC" : "REST";
    }
}
