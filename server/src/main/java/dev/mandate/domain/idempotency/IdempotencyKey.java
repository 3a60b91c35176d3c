package dev.mandate.domain.idempotency;

import dev.mandate.domain.tenant.TenantId;

/// Names one intended effect of one caller.
///
/// @param caller whose key it is: two callers' keys never meet
/// @param value as the caller chose it
public record IdempotencyKey(TenantId tenant, String caller, String value) {}
