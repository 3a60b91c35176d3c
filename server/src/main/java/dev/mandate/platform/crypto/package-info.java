/// Secrets, random values, hashes and sealed bytes: the only place that calls a cipher.
///
/// Not here: JWTs and signing keys (`platform/jose`), the vault that decides which key seals what
/// (`domain/credential`).
@NullMarked
package dev.mandate.platform.crypto;

import org.jspecify.annotations.NullMarked;
