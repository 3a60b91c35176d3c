package dev.mandate.platform.crypto;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// AES-256-GCM with a random 96-bit nonce. The layout is version (1 byte), nonce (12), cipher text
/// and tag (16).
///
/// The associated data is the identity of the row that holds the bytes: sealed bytes moved to
/// another row don't open.
public final class Sealer {
  private static final byte VERSION = 1;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  public static final int KEY_BYTES = 32;

  private final SecretKeySpec key;
  private final SecureRandom random;

  public Sealer(byte[] key, SecureRandom random) {
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException(
          "a sealing key has " + KEY_BYTES + " bytes, not " + key.length);
    }
    this.key = new SecretKeySpec(key, "AES");
    this.random = random;
  }

  public byte[] seal(byte[] plain, String rowIdentity) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(rowIdentity.getBytes(StandardCharsets.UTF_8));
      byte[] sealed = cipher.doFinal(plain);
      byte[] out = new byte[1 + NONCE_BYTES + sealed.length];
      out[0] = VERSION;
      System.arraycopy(nonce, 0, out, 1, NONCE_BYTES);
      System.arraycopy(sealed, 0, out, 1 + NONCE_BYTES, sealed.length);
      return out;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("sealing failed for " + rowIdentity, e);
    }
  }

  /// @throws SealBroken when the bytes were sealed under another key, for another row, or were
  ///   changed
  public byte[] open(byte[] sealed, String rowIdentity) {
    if (sealed.length < 1 + NONCE_BYTES + TAG_BITS / 8 || sealed[0] != VERSION) {
      throw new SealBroken(rowIdentity, null);
    }
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          Cipher.DECRYPT_MODE,
          key,
          new GCMParameterSpec(TAG_BITS, Arrays.copyOfRange(sealed, 1, 1 + NONCE_BYTES)));
      cipher.updateAAD(rowIdentity.getBytes(StandardCharsets.UTF_8));
      return cipher.doFinal(sealed, 1 + NONCE_BYTES, sealed.length - 1 - NONCE_BYTES);
    } catch (AEADBadTagException e) {
      throw new SealBroken(rowIdentity, e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("opening failed for " + rowIdentity, e);
    }
  }

  /// Another key, which says nothing of this one.
  public byte[] derive(String purpose) {
    return derive(key.getEncoded(), purpose);
  }

  /// HMAC-SHA-256 as a one-block key derivation (RFC 5869 §2.3 with an already uniform input and
  /// one output block).
  public static byte[] derive(byte[] uniformKey, String purpose) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(uniformKey, "HmacSHA256"));
      mac.update(purpose.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 1);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the platform has no HMAC-SHA-256", e);
    }
  }

  /// Sealed bytes that do not open.
  public static final class SealBroken extends RuntimeException {
    SealBroken(String rowIdentity, @org.jspecify.annotations.Nullable Throwable cause) {
      super(
          rowIdentity + " does not open: another master key, another row, or changed bytes", cause);
    }
  }
}
