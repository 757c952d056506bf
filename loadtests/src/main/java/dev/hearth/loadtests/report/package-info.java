/** What a scenario found: tables, verdicts and curves, as text and as one HTML file that needs no network. */
@NullMarked
package dev.hearth.loadtests.report;

import org.jspecify.annotations.NullMarked;
