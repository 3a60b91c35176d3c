package dev.mandate.gateway.prompting;

import com.fasterxml.jackson.core.JsonParser;
import dev.mandate.domain.prompt.PromptText;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Hands on what a prompt says to whoever classifies it, as the parser has it: with escapes
/// decoded. Does nothing where nobody looks.
final class Said {
  /// Members whose texts a model reads one after the other; the empty name is that of a body's own
  /// texts and of elements of an array there.
  private static final Set<String> SPOKEN =
      Set.of("", "text", "content", "input", "output", "instructions", "system", "refusal");

  /// Whose values say nothing by themselves.
  private static final Set<String> SILENT = Set.of("type", "role");

  private static final int ENCODED_CHARACTERS_LEAST = 4096;

  private final JsonParser parser;
  private final @Nullable PromptText to;

  /// @param to null where nobody looks
  Said(JsonParser parser, @Nullable PromptText to) {
    this.parser = parser;
    this.to = to;
  }

  /// The text that the parser stands on.
  ///
  /// @param member that it is the value of
  void text(String member) throws IOException {
    if (to == null || SILENT.contains(member)) {
      return;
    }
    char[] text = parser.getTextCharacters();
    if (SPOKEN.contains(member)) {
      to.spoken(text, parser.getTextOffset(), parser.getTextLength());
    } else {
      to.beside(text, parser.getTextOffset(), parser.getTextLength());
    }
  }

  /// A picture, an address, or a document that is a text.
  void maybeEncoded() throws IOException {
    if (to != null && !isEncoded()) {
      text("data");
    }
  }

  /// A member's name: who makes a tool's answer up chooses those too.
  void name(String name) {
    if (to != null && !SPOKEN.contains(name) && !SILENT.contains(name)) {
      to.beside(name);
    }
  }

  /// Whether a long text holds nothing but what Base64 is made of.
  private boolean isEncoded() throws IOException {
    if (parser.getTextLength() < ENCODED_CHARACTERS_LEAST) {
      return false;
    }
    char[] text = parser.getTextCharacters();
    int end = parser.getTextOffset() + parser.getTextLength();
    for (int i = parser.getTextOffset(); i < end; i++) {
      if (text[i] <= ' ' || text[i] > '~') {
        return false;
      }
    }
    return true;
  }
}
