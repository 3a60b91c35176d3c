package dev.mandate.simulator;

import java.util.ArrayList;
import java.util.List;

/// The simulator's tokenizer: four UTF-8 bytes are a token, a rest is one more.
///
/// A prompt costs the sum over its texts (each rounded up), plus [#PER_MESSAGE] per message
/// (instructions and system prompts are messages), [#PER_PROMPT] once, [#PER_IMAGE] per image, and
/// the compact JSON of its tools as one text. So, images aside, it never exceeds the bytes of the
/// texts and tools + 16 per message + 64: bytes bound tokens, as they do for real tokenizers.
/// Embeddings cost the sum over their inputs and nothing else.
final class Tokens {
  static final int PER_MESSAGE = 4;
  static final int PER_PROMPT = 3;

  /// What OpenAI charges for a low-detail image.
  static final int PER_IMAGE = 85;

  private static final int BYTES_PER_TOKEN = 4;

  private Tokens() {}

  /// A slice of an answer and its exact number of tokens.
  record Piece(String text, int tokens) {}

  static int count(String text) {
    return Math.toIntExact((utf8Length(text) + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN);
  }

  /// The longest start of the text that has at most `tokens` tokens; it has exactly as many when
  /// the text has more, because a character has at most as many bytes as a token.
  static String first(String text, int tokens) {
    if (tokens <= 0) {
      return "";
    }
    return count(text) <= tokens ? text : text.substring(0, endOf(text, 0, 0, tokens).index);
  }

  /// Cuts a text into `parts` pieces of nearly equal size, fewer if it has fewer tokens.
  static List<Piece> split(String text, int parts) {
    int total = count(text);
    int pieces = Math.min(parts, total);
    List<Piece> result = new ArrayList<>(pieces);
    Cut from = new Cut(0, 0);
    int done = 0;
    for (int piece = 1; piece <= pieces; piece++) {
      int upTo = (int) ((long) total * piece / pieces);
      Cut to =
          piece == pieces ? new Cut(text.length(), 0) : endOf(text, from.index, from.bytes, upTo);
      result.add(new Piece(text.substring(from.index, to.index), upTo - done));
      from = to;
      done = upTo;
    }
    return result;
  }

  private record Cut(int index, long bytes) {}

  private static Cut endOf(String text, int index, long bytes, int tokens) {
    long limit = (long) tokens * BYTES_PER_TOKEN;
    int at = index;
    long used = bytes;
    while (at < text.length()) {
      int codePoint = text.codePointAt(at);
      int size = utf8Length(codePoint);
      if (used + size > limit) {
        break;
      }
      used += size;
      at += Character.charCount(codePoint);
    }
    return new Cut(at, used);
  }

  static long utf8Length(String text) {
    long bytes = 0;
    for (int at = 0; at < text.length(); ) {
      int codePoint = text.codePointAt(at);
      bytes += utf8Length(codePoint);
      at += Character.charCount(codePoint);
    }
    return bytes;
  }

  /// A lone surrogate is written as `?`, one byte.
  private static int utf8Length(int codePoint) {
    if (codePoint < 0x80) {
      return 1;
    }
    if (codePoint < 0x800) {
      return 2;
    }
    if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
      return 1;
    }
    return codePoint < 0x10000 ? 3 : 4;
  }
}
