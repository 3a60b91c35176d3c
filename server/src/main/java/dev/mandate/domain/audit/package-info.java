/// What happened, chained so that removal or change shows.
///
/// Not here: operational logs (`platform/log`).
@NullMarked
package dev.mandate.domain.audit;

import org.jspecify.annotations.NullMarked;
