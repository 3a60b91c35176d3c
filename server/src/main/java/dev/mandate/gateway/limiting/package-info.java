/// Holds calls to their rate limits, and tells callers how those stand: the RateLimit header fields
/// (draft-ietf-httpapi-ratelimit-headers-10) and the fields that providers' SDKs read.
///
/// Not here: the counting (`domain/ratelimit`), budgets (`gateway/budgeting`).
@NullMarked
package dev.mandate.gateway.limiting;

import org.jspecify.annotations.NullMarked;
