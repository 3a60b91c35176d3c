/// Third parties that we call: where they are, which models they have, what those cost.
///
/// Not here: the secret for them (`domain/credential`), how a provider spells its API
/// (`gateway/routing`).
@NullMarked
package dev.mandate.domain.upstream;

import org.jspecify.annotations.NullMarked;
