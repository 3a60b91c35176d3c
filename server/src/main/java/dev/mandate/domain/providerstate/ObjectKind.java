package dev.mandate.domain.providerstate;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// A kind of thing that a provider keeps.
public enum ObjectKind {
  /// OpenAI's, `resp_…`.
  RESPONSE,
  /// OpenAI's, `conv_…`.
  CONVERSATION,
  /// OpenAI's, `file-…`.
  FILE,
  /// OpenAI's, `vs_…`.
  VECTOR_STORE;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static ObjectKind ofWire(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }

  public static List<String> wires() {
    return Arrays.stream(values()).map(ObjectKind::wire).toList();
  }
}
