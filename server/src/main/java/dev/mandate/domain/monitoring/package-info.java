/// How callers behave: what is usual for each, what is unlike it, and what is done about that.
///
/// Counted in memory as calls happen, flushed to the store now and then, learned from slot by slot.
///
/// Not here: who is told (`domain/notice`), what a caller may do (`domain/mandate`).
@NullMarked
package dev.mandate.domain.monitoring;

import org.jspecify.annotations.NullMarked;
