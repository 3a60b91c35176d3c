/// Seals what may not lie in the database in the clear: a key per tenant, wrapped by a master key
/// that can be changed while the server serves.
///
/// Not here: the secrets themselves, such as those for upstreams (`domain/credential`).
@NullMarked
package dev.mandate.domain.vault;

import org.jspecify.annotations.NullMarked;
