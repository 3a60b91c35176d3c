package dev.mandate.domain.apikey;

import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.CRC32;

/// How an API key is spelled: `mandate_`, 256 random bits in base64url, and a checksum, so that a
/// leak scanner knows one when it sees it and a typing error never reaches the store.
public final class ApiKeyFormat {
  public static final String PREFIX = "mandate_";
  private static final int CHECKSUM_CHARACTERS = 8;
  private static final int LENGTH = PREFIX.length() + 43 + CHECKSUM_CHARACTERS;

  private ApiKeyFormat() {}

  public static Secret generate(TokenSource random) {
    String body = PREFIX + random.token().reveal();
    return Secret.of(body + checksum(body));
  }

  /// Whether it is spelled like one of ours.
  public static boolean isWellFormed(String candidate) {
    if (candidate.length() != LENGTH || !candidate.startsWith(PREFIX)) {
      return false;
    }
    String body = candidate.substring(0, LENGTH - CHECKSUM_CHARACTERS);
    return checksum(body).equals(candidate.substring(LENGTH - CHECKSUM_CHARACTERS));
  }

  /// The part that may be shown.
  public static String hint(Secret key) {
    String text = key.reveal();
    return text.substring(text.length() - 4);
  }

  private static String checksum(String body) {
    CRC32 crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.US_ASCII));
    return String.format(Locale.ROOT, "%08x", crc.getValue());
  }
}
