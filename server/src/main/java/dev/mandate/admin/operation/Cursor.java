package dev.mandate.admin.operation;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// Where a page goes on, wrapped so that nobody builds one. It is a place in the order, not a
/// right: the tenant comes from the caller.
final class Cursor {
  static final int CHARACTERS_MAX = 500;

  private Cursor() {}

  static String wrap(String position) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(("1:" + position).getBytes(StandardCharsets.UTF_8));
  }

  /// @throws Refused 400
  static String unwrap(String cursor) {
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Base64.getUrlDecoder().decode(cursor)))
              .toString();
      if (text.startsWith("1:") && Bodies.isStorable(text)) {
        return text.substring(2);
      }
    } catch (IllegalArgumentException | CharacterCodingException _) {
      // Refused below like every other text that is no cursor.
    }
    throw invalid();
  }

  static Refused invalid() {
    return Problem.INVALID_PARAMETER.because("cursor is not one that a list gave as next_cursor");
  }
}
