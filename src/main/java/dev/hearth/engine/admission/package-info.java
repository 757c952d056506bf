/**
 * Who may have a request read. Limits (how many) apart from the guards (who gets in). Guards see requests from the moment
 * that their bytes are here until the engine has them: neither slow senders nor what waits for a model counts.
 */
@NullMarked
package dev.hearth.engine.admission;

import org.jspecify.annotations.NullMarked;
