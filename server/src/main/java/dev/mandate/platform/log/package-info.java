/// The log: one line an event on standard error, as text for people or as JSON for machines.
///
/// Not here: what happened in the product's own terms (`domain/audit`).
@NullMarked
package dev.mandate.platform.log;

import org.jspecify.annotations.NullMarked;
