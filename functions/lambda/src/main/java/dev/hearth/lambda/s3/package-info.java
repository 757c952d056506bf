/**
 * Models from Amazon S3: one signed GET of an archive, checked by its digest and unpacked. Small and our own, since
 * Amazon's client would add a third to the zip of a function that makes one request in its life.
 */
@NullMarked
package dev.hearth.lambda.s3;

import org.jspecify.annotations.NullMarked;
