/// Requests that a client may send again without a second effect (`Idempotency-Key`): the key, what
/// was asked under it, and the answer, sealed because it may hold a secret that is shown once.
///
/// Not here: which requests may carry a key (`admin/operation`).
@NullMarked
package dev.mandate.domain.idempotency;

import org.jspecify.annotations.NullMarked;
