/// The log: one line an event on standard error, as text for people or as JSON for machines; the
/// fields of the request that it belongs to are part of it.
///
/// Not here: what happened in the product's own terms (`domain/audit`).
@NullMarked
package dev.mandate.platform.log;

import org.jspecify.annotations.NullMarked;
