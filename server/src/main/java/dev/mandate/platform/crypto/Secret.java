package dev.mandate.platform.crypto;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/// A value that must not be printed: a key, a password, a token in the clear.
///
/// It has no `toString` that shows it and compares in constant time; [#reveal] marks, and makes
/// findable, each place where the value leaves this type.
public final class Secret {
  private final String value;

  private Secret(String value) {
    this.value = value;
  }

  public static Secret of(String value) {
    return new Secret(value);
  }

  /// The value itself. Never log, store or put what this returns in a URL.
  public String reveal() {
    return value;
  }

  public byte[] utf8() {
    return value.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret that && MessageDigest.isEqual(utf8(), that.utf8());
  }

  @Override
  public int hashCode() {
    return Secret.class.hashCode();
  }

  @Override
  public String toString() {
    return "[secret]";
  }
}
