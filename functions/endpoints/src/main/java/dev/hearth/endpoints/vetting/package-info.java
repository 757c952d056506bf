/** What is asked of a version folder before a backend opens it: where it is, where its links lead, whether it is what was signed off. */
@NullMarked
package dev.hearth.endpoints.vetting;

import org.jspecify.annotations.NullMarked;
