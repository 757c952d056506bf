/** Downloads of models, against an S3 server that checks signatures. */
@NullMarked
package dev.hearth.lambda.s3;

import org.jspecify.annotations.NullMarked;
