package dev.mandate.oauth.device;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a person types in: eight letters, none a vowel, as RFC 8628 §6.1 advises. 34 bits, which
/// hold because attempts are counted and a code lives for minutes.
///
/// @param text `WDJB-MJHT`
record UserCode(String text) {
  private static final String LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
  private static final int LENGTH = 8;
  private static final int HALF = LENGTH / 2;

  /// What somebody types may hold spaces and dashes; more than this is something else.
  private static final int TYPED_MAX = 40;

  static UserCode random(TokenSource random) {
    StringBuilder letters = new StringBuilder();
    while (letters.length() < LENGTH) {
      int drawn = random.bytes(1)[0] & 0xff;
      // What is beyond the last whole multiple would make the first letters likelier.
      if (drawn < 256 / LETTERS.length() * LETTERS.length()) {
        letters.append(LETTERS.charAt(drawn % LETTERS.length()));
      }
    }
    return of(letters.toString());
  }

  private static UserCode of(String letters) {
    return new UserCode(letters.substring(0, HALF) + "-" + letters.substring(HALF));
  }

  /// RFC 8628 §6.1: case and punctuation don't matter.
  ///
  /// @return null for what can't be one
  static @Nullable UserCode typed(@Nullable String text) {
    if (text == null || text.length() > TYPED_MAX) {
      return null;
    }
    String letters = text.toUpperCase(Locale.ROOT).replaceAll("[\\s._-]", "");
    if (letters.length() != LENGTH || !letters.chars().allMatch(c -> LETTERS.indexOf(c) >= 0)) {
      return null;
    }
    return of(letters);
  }

  TokenHash hash(TenantId tenant) {
    return TokenHash.of(Secret.of("user code " + tenant.value() + " " + text));
  }
}
