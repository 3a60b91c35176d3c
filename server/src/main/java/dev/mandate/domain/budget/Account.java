package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limits;
import java.time.ZoneId;

/// An account with the limits that hold for it now. `tokensPerRequest` is a bound on one call, not
/// a balance.
///
/// @param zone in which its day begins
public record Account(AccountId id, Limits limits, ZoneId zone) {}
