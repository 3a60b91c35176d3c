package dev.mandate.domain.client;

import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;

/// One of a client's secrets, as it is kept.
///
/// @param id names it to whoever retires it; not secret
public record ClientSecret(String id, TokenHash hash, Instant createdAt) {}
