/// What a database that was put back to an earlier time must be told again: the node's own log of
/// revocations, outside of it, and what ends where there is no log.
///
/// Not here: how nodes hear of revocations while they live (`domain/revocation`), copying the
/// database itself (`storage`, `app`).
@NullMarked
package dev.mandate.domain.recovery;

import org.jspecify.annotations.NullMarked;
