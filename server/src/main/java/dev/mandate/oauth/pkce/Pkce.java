package dev.mandate.oauth.pkce;

import dev.mandate.platform.crypto.TokenHash;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Pattern;

/// The rules of RFC 7636 for S256.
public final class Pkce {
  /// The one method that there is; `plain` proves nothing to whoever saw the request.
  public static final String S256 = "S256";

  /// RFC 7636 §4.1: 43 to 128 unreserved characters.
  private static final Pattern VERIFIER = Pattern.compile("[A-Za-z0-9._~-]{43,128}");

  /// RFC 7636 §4.2: base64url of a SHA-256, without padding.
  private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");

  private Pkce() {}

  public static boolean isVerifier(String verifier) {
    return VERIFIER.matcher(verifier).matches();
  }

  public static boolean isChallenge(String challenge) {
    return CHALLENGE.matcher(challenge).matches();
  }

  /// RFC 7636 §4.2.
  public static String challenge(String verifier) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(TokenHash.sha256(verifier.getBytes(StandardCharsets.US_ASCII)));
  }

  /// RFC 7636 §4.6, in constant time.
  public static boolean matches(String verifier, String challenge) {
    return isVerifier(verifier)
        && MessageDigest.isEqual(
            challenge(verifier).getBytes(StandardCharsets.US_ASCII),
            challenge.getBytes(StandardCharsets.US_ASCII));
  }
}
