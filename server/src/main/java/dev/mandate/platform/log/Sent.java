package dev.mandate.platform.log;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a client sent, on its way into the log. Refusals quote the offending value, and a value in
/// the wrong place may be a secret: a key as a scope, a token as a client.
public final class Sent {
  /// No key or token is this short, and few names are longer.
  private static final int SHOWN_CHARACTERS_MAX = 16;

  private static final Pattern QUOTED = Pattern.compile("'([^']*)'");

  private Sent() {}

  /// The message without the long values that it quotes; addresses stay, for they are what is
  /// looked for.
  public static String masked(Object message) {
    return QUOTED.matcher(String.valueOf(message)).replaceAll(Sent::masked);
  }

  private static String masked(MatchResult quoted) {
    String value = quoted.group(1);
    boolean shown = value.length() <= SHOWN_CHARACTERS_MAX || value.startsWith("http");
    return Matcher.quoteReplacement(shown ? quoted.group() : "(" + value.length() + " characters)");
  }
}
