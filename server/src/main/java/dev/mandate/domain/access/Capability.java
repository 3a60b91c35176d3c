package dev.mandate.domain.access;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What may be done with a model, in terms that a person approves. Which endpoint needs which is in
/// `gateway/routing`.
public enum Capability {
  /// Converse: chat completions, responses, messages.
  CHAT("chat", "Hold conversations"),
  /// Converse through OpenAI's Responses API only.
  RESPONSES("responses", "Hold conversations (Responses API only)"),
  /// Converse through Anthropic's Messages API only.
  MESSAGES("messages", "Hold conversations (Messages API only)"),
  /// Turn text into vectors.
  EMBEDDINGS("embeddings", "Compute embeddings of texts"),
  /// Have the provider keep answers, conversations and files, and come back to one's own.
  STORED_STATE("stored_state", "Keep answers, conversations and files at the provider"),
  /// Make images and change them.
  IMAGES("images", "Make and change images"),
  /// Have texts spoken.
  SPEECH("speech", "Turn texts into speech"),
  /// Have speech written down, or translated.
  TRANSCRIPTION("transcription", "Turn speech into text");

  private final String wire;
  private final String words;

  Capability(String wire, String words) {
    this.wire = wire;
    this.words = words;
  }

  /// Its name in `authorization_details`.
  public String wire() {
    return wire;
  }

  /// Its name on the consent page.
  public String words() {
    return words;
  }

  public static @Nullable Capability ofWire(String wire) {
    return Arrays.stream(values()).filter(c -> c.wire.equals(wire)).findFirst().orElse(null);
  }

  public static List<String> wires() {
    return Arrays.stream(values()).map(Capability::wire).toList();
  }
}
