package dev.mandate.storage;

import org.jspecify.annotations.Nullable;

/// The database did not do what it was told: nothing of the operation is stored, unless the outcome
/// is unknown. Messages name statements' failures, never the values bound to them.
public final class StorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean outcomeUnknown;

  StorageException(String message) {
    this(message, null);
  }

  StorageException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  private StorageException(String message, @Nullable Throwable cause, boolean outcomeUnknown) {
    super(message, cause);
    this.outcomeUnknown = outcomeUnknown;
  }

  /// The connection was lost while it committed.
  static StorageException outcomeUnknown(Throwable cause) {
    return new StorageException(
        "the database went away during a commit, whose outcome is unknown", cause, true);
  }

  /// Whether the operation may be stored all the same.
  public boolean isOutcomeUnknown() {
    return outcomeUnknown;
  }
}
