/// Secrets that we hold for upstreams: their versions, whose they are, and how one follows another.
///
/// Not here: sealing them (`domain/vault`), putting one on an outgoing request
/// (`gateway/injecting`).
@NullMarked
package dev.mandate.domain.credential;

import org.jspecify.annotations.NullMarked;
