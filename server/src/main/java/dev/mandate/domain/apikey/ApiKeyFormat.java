package dev.mandate.domain.apikey;

import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32;

/// How an API key is spelled: `mandate_`, 256 random bits in base64url, and a checksum, so that a
/// leak scanner knows one when it sees it and a typing error never reaches the store.
public final class ApiKeyFormat {
  public static final String PREFIX = "mandate_";
  private static final int CHECKSUM_CHARACTERS = 8;
  private static final int LENGTH = PREFIX.length() + 43 + CHECKSUM_CHARACTERS;

  /// More than one URL ever has by mistake.
  private static final int FOUND_MAX = 5;

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

  /// Everything in a query that is spelled like a key of ours, under whatever name and however it
  /// is escaped.
  ///
  /// @param query as sent
  public static List<Secret> findIn(String query) {
    Set<String> found = new LinkedHashSet<>();
    collect(query, found);
    if (query.indexOf('%') >= 0) {
      try {
        collect(URLDecoder.decode(query, StandardCharsets.UTF_8), found);
      } catch (IllegalArgumentException _) {
        // Broken escapes elsewhere in it; what is plain was found.
      }
    }
    return found.stream().limit(FOUND_MAX).map(Secret::of).toList();
  }

  private static void collect(String text, Set<String> found) {
    int at = text.indexOf(PREFIX);
    while (at >= 0 && found.size() < FOUND_MAX) {
      if (at + LENGTH <= text.length()) {
        String candidate = text.substring(at, at + LENGTH);
        if (isWellFormed(candidate)) {
          found.add(candidate);
        }
      }
      at = text.indexOf(PREFIX, at + 1);
    }
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
