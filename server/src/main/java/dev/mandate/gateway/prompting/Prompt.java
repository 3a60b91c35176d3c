package dev.mandate.gateway.prompting;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a body says, as far as it concerns rights and cost.
///
/// @param model exact
/// @param stream whether the answer streams
/// @param outputCap that the caller set; null when it set none
/// @param capNullAt where the value of the cap's member is `null`, or -1
/// @param capInside the object that the cap stands in; null where that is the body itself
/// @param count of answers
/// @param textBytes UTF-8 bytes of all texts and names in the prompt, which bound its tokens: no
///   tokenizer makes more tokens than bytes
/// @param items messages, input items or texts to embed
/// @param tools that are offered
/// @param typedTools of them, which the provider describes to the model in its own words
/// @param images in the prompt
/// @param wholeContext whether something in the prompt is bounded by the context window only
/// @param writesCache whether tokens may be charged as written to the provider's cache
/// @param reasons whether the answer may hold tokens that it doesn't show
/// @param predictionBytes of a predicted answer
/// @param usage whether the caller asked for usage in the stream
/// @param state of the provider that it would reach
/// @param media what bounds images and sound
public record Prompt(
    String model,
    boolean stream,
    @Nullable Long outputCap,
    int capNullAt,
    @Nullable Inside capInside,
    int count,
    long textBytes,
    int items,
    int tools,
    int typedTools,
    int images,
    boolean wholeContext,
    boolean writesCache,
    boolean reasons,
    long predictionBytes,
    StoreMember store,
    StreamUsage usage,
    State state,
    Media media) {

  /// What bounds images and sound.
  ///
  /// @param characters of text to be spoken
  /// @param secondsMax that the sound takes, by what its bytes say; `Long.MAX_VALUE` where they
  ///   don't
  /// @param previews of each image, while it is made
  public record Media(long characters, long secondsMax, int previews) {
    static final Media NONE = new Media(0, 0, 0);
  }

  /// What the provider would keep, or have kept, for this call.
  ///
  /// @param store what the member `store` says; null when it says nothing
  /// @param references ids of what is kept
  public record State(@Nullable Boolean store, List<Reference> references) {
    public static final State NONE = new State(null, List.of());

    public State {
      references = List.copyOf(references);
    }
  }

  /// An object of the body.
  ///
  /// @param member its name
  /// @param nullAt where its value is `null`, or -1
  /// @param openAt where it begins, or -1
  /// @param empty whether it has no members
  public record Inside(String member, int nullAt, int openAt, boolean empty) {}

  /// Where `store` stands.
  ///
  /// @param seen whether it is there
  /// @param nullAt where its value is `null`, or -1
  public record StoreMember(boolean seen, int nullAt) {}

  /// Where `stream_options` stands.
  ///
  /// @param asked whether the caller set `include_usage` to true
  /// @param seen whether the member is there
  /// @param nullAt where its value is `null`, or -1
  /// @param openAt where its object begins, or -1
  /// @param emptyObject whether that object has no members
  /// @param flagAt where the value of its `include_usage` stands, or -1
  /// @param flagLength how long that value is
  public record StreamUsage(
      boolean asked,
      boolean seen,
      int nullAt,
      int openAt,
      boolean emptyObject,
      int flagAt,
      int flagLength) {}
}
