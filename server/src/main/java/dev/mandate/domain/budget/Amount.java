package dev.mandate.domain.budget;

/// What one call takes at most. The request unit itself is implied.
///
/// @param tokens input and output together
/// @param costMicros of money
public record Amount(long tokens, long costMicros) {}
