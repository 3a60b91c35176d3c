package dev.mandate.simulator;

import java.util.List;

/// A model that the simulator serves, with its public limits and list price.
///
/// @param id the name that a request carries
/// @param displayName the name that Anthropic's model list shows
/// @param task what the model does
/// @param contextTokens most prompt tokens
/// @param maxOutputTokens most output tokens of one answer
/// @param price the list price
public record SimulatedModel(
    String id,
    String displayName,
    Vendor vendor,
    Task task,
    int contextTokens,
    int maxOutputTokens,
    Price price) {

  /// Whose API serves the model.
  public enum Vendor {
    OPENAI,
    ANTHROPIC,
    GEMINI,
    MISTRAL,
    BEDROCK
  }

  /// What the model does.
  public enum Task {
    CHAT,
    EMBEDDING,
    IMAGE,
    SPEECH,
    TRANSCRIPTION
  }

  /// Nano-dollars per token, which is dollars per million tokens times 1000: integers for all list
  /// prices.
  ///
  /// @param input also of a character or a second, where those are charged instead
  /// @param cacheWriteLong of a prefix that is kept for an hour
  /// @param media of images in the input
  public record Price(
      long input, long output, long cacheWrite, long cacheWriteLong, long cacheRead, long media) {
    /// Without images.
    public Price(long input, long output, long cacheWrite, long cacheWriteLong, long cacheRead) {
      this(input, output, cacheWrite, cacheWriteLong, cacheRead, input);
    }
  }

  private static final Price GPT_5 = new Price(1_250, 10_000, 1_250, 1_250, 125);
  private static final Price GPT_5_MINI = new Price(250, 2_000, 250, 250, 25);
  private static final Price EMBEDDING_3_SMALL = new Price(20, 0, 20, 20, 20);
  private static final Price GPT_IMAGE = new Price(5_000, 30_000, 5_000, 5_000, 1_250, 8_000);
  private static final Price TTS = new Price(15_000, 0, 0, 0, 0);
  private static final Price MINI_TTS = new Price(600, 12_000, 600, 600, 600);
  private static final Price WHISPER = new Price(100_000, 0, 0, 0, 0);
  private static final Price TRANSCRIBE = new Price(2_500, 10_000, 2_500, 2_500, 2_500);
  private static final Price SONNET = new Price(3_000, 15_000, 3_750, 6_000, 300);
  private static final Price HAIKU = new Price(1_000, 5_000, 1_250, 2_000, 100);
  private static final Price FLASH = new Price(300, 2_500, 300, 300, 30);
  private static final Price GEMINI_EMBEDDING = new Price(150, 0, 150, 150, 150);
  private static final Price MISTRAL_SMALL = new Price(100, 300, 100, 100, 100);
  private static final Price MISTRAL_EMBED = new Price(100, 0, 100, 100, 100);

  /// The models of a simulator that was not told otherwise.
  public static final List<SimulatedModel> DEFAULTS =
      List.of(
          new SimulatedModel(
              "gpt-5-mini", "GPT-5 mini", Vendor.OPENAI, Task.CHAT, 400_000, 128_000, GPT_5_MINI),
          new SimulatedModel("gpt-5", "GPT-5", Vendor.OPENAI, Task.CHAT, 400_000, 128_000, GPT_5),
          new SimulatedModel(
              "text-embedding-3-small",
              "Text Embedding 3 small",
              Vendor.OPENAI,
              Task.EMBEDDING,
              8_192,
              0,
              EMBEDDING_3_SMALL),
          new SimulatedModel(
              "gpt-image-2", "GPT Image 2", Vendor.OPENAI, Task.IMAGE, 32_000, 0, GPT_IMAGE),
          new SimulatedModel("tts-1", "TTS-1", Vendor.OPENAI, Task.SPEECH, 4_096, 0, TTS),
          new SimulatedModel(
              "gpt-4o-mini-tts",
              "GPT-4o mini TTS",
              Vendor.OPENAI,
              Task.SPEECH,
              2_000,
              16_000,
              MINI_TTS),
          new SimulatedModel(
              "whisper-1", "Whisper", Vendor.OPENAI, Task.TRANSCRIPTION, 0, 0, WHISPER),
          new SimulatedModel(
              "gpt-4o-transcribe",
              "GPT-4o Transcribe",
              Vendor.OPENAI,
              Task.TRANSCRIPTION,
              16_000,
              2_000,
              TRANSCRIBE),
          new SimulatedModel(
              "claude-sonnet-4-5",
              "Claude Sonnet 4.5",
              Vendor.ANTHROPIC,
              Task.CHAT,
              200_000,
              64_000,
              SONNET),
          new SimulatedModel(
              "claude-haiku-4-5",
              "Claude Haiku 4.5",
              Vendor.ANTHROPIC,
              Task.CHAT,
              200_000,
              64_000,
              HAIKU),
          new SimulatedModel(
              "gemini-2.5-flash",
              "Gemini 2.5 Flash",
              Vendor.GEMINI,
              Task.CHAT,
              1_048_576,
              65_536,
              FLASH),
          new SimulatedModel(
              "gemini-embedding-001",
              "Gemini Embedding",
              Vendor.GEMINI,
              Task.EMBEDDING,
              2_048,
              0,
              GEMINI_EMBEDDING),
          new SimulatedModel(
              "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
              "Claude Sonnet 4.5",
              Vendor.BEDROCK,
              Task.CHAT,
              200_000,
              64_000,
              SONNET),
          new SimulatedModel(
              "mistral-small-latest",
              "Mistral Small",
              Vendor.MISTRAL,
              Task.CHAT,
              128_000,
              32_768,
              MISTRAL_SMALL),
          new SimulatedModel(
              "mistral-embed",
              "Mistral Embed",
              Vendor.MISTRAL,
              Task.EMBEDDING,
              8_192,
              0,
              MISTRAL_EMBED));
}
