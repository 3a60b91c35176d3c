package dev.mandate.platform.crypto;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/// The SHA-256 of a random token of at least 128 bits, in base64url without padding: what the store
/// keeps instead of the token. Without salt or stretching on purpose: the input is random, and the
/// hash is the look-up key.
public record TokenHash(String value) {
  private static final int CHARACTERS = 43;

  public TokenHash {
    if (value.length() != CHARACTERS) {
      throw new IllegalArgumentException(
          "a token hash has " + CHARACTERS + " characters, not " + value.length());
    }
  }

  public static TokenHash of(Secret secret) {
    return new TokenHash(
        Base64.getUrlEncoder().withoutPadding().encodeToString(sha256(secret.utf8())));
  }

  /// SHA-256, which every Java platform has, of these bytes one after the other.
  public static byte[] sha256(byte[]... input) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : input) {
        digest.update(part);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the platform has no SHA-256", e);
    }
  }
}
