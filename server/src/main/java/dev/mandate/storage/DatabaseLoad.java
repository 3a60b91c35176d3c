package dev.mandate.storage;

/// How busy a database is, for metrics.
///
/// @param queued writes that wait now
/// @param commits transactions so far
/// @param operations so far, of which one commit may carry many
/// @param failed transactions so far
/// @param commitNanos that all transactions took together, from their begin to their commit
public record DatabaseLoad(
    int queued, long commits, long operations, long failed, long commitNanos) {}
