package dev.mandate.platform.mail;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One mailbox, `local@domain`, in the part of RFC 5322 §3.4.1 that browsers take too. Nothing in
/// it can end a header field or a command of SMTP: no space, no line break, no bracket, no comma.
public record MailAddress(String value) {
  /// RFC 5321 §4.5.3.1.3, without the angle brackets.
  public static final int CHARACTERS_MAX = 254;

  /// As the HTML standard has it for `<input type=email>`; linear, for nothing in it overlaps.
  public static final String PATTERN =
      "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
          + "(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*";

  private static final Pattern SPELLING = Pattern.compile(PATTERN);

  public MailAddress {
    if (!isSpelled(value)) {
      throw new IllegalArgumentException("not a mail address");
    }
  }

  /// Null when it is spelled like none.
  public static @Nullable MailAddress parse(String text) {
    return isSpelled(text) ? new MailAddress(text) : null;
  }

  private static boolean isSpelled(String text) {
    return text.length() <= CHARACTERS_MAX && SPELLING.matcher(text).matches();
  }

  /// What stands behind the `@`.
  public String domain() {
    return value.substring(value.indexOf('@') + 1);
  }

  @Override
  public String toString() {
    return value;
  }
}
