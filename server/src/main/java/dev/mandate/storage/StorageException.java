package dev.mandate.storage;

import org.jspecify.annotations.Nullable;

/// The database did not do what it was told: nothing of the operation is stored. Messages name
/// statements' failures, never the values bound to them.
public final class StorageException extends RuntimeException {
  StorageException(String message) {
    super(message);
  }

  StorageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
