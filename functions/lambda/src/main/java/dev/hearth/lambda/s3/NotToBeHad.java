package dev.hearth.lambda.s3;

import java.io.IOException;

/** What asking again does not mend. */
final class NotToBeHad extends IOException {

    private static final long serialVersionUID = 1;

    NotToBeHad(String message) {
        super(message);
    }
}
