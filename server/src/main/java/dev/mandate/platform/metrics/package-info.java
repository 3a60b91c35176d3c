/// What is counted: families of counters and histograms whose labels come from closed or bounded
/// sets, and their exposition in the formats of Prometheus and OpenMetrics 1.0. The only room that
/// knows Micrometer.
///
/// Not here: what is worth counting; each plane makes its own families once, at start.
@NullMarked
package dev.mandate.platform.metrics;

import org.jspecify.annotations.NullMarked;
