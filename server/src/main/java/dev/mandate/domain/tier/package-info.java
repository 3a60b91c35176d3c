/// Tiers: groups of models that a tenant opens by a scope, `tier:{name}` (RFC 6749 §3.3). What a
/// mandate lists and what its tiers open are two bounds, and a call must fit both.
///
/// Not here: what a mandate lists (`domain/access`), what holds of it today
/// ([dev.mandate.domain.mandate.Rights]).
@NullMarked
package dev.mandate.domain.tier;

import org.jspecify.annotations.NullMarked;
