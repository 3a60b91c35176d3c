package dev.mandate.storage;

/// How busy a database is, for metrics.
///
/// @param queued operations that were accepted and have not ended
/// @param commits transactions so far
/// @param operations so far, of which one commit may carry many
/// @param failed transactions so far
/// @param commitNanos that all transactions took together, from their begin to their commit
/// @param pool connections to a server
public record DatabaseLoad(
    int queued, long commits, long operations, long failed, long commitNanos, Pool pool) {
  /// @param busy connections
  /// @param idle connections
  /// @param waiting operations without one
  public record Pool(int busy, int idle, int waiting) {
    static final Pool NONE = new Pool(0, 0, 0);
  }
}
