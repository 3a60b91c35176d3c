/// Secrets that we hold for upstreams, and the vault that seals them: a key per tenant, wrapped by
/// the master key.
///
/// Not here: putting one on an outgoing request (`gateway/injecting`).
@NullMarked
package dev.mandate.domain.credential;

import org.jspecify.annotations.NullMarked;
