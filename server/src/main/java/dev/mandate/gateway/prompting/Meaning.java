package dev.mandate.gateway.prompting;

/// What a top-level member of a request body means to us. A member without a meaning is refused: it
/// may have effects that nobody looked at.
enum Meaning {
  /// Changes neither cost nor state.
  PASS,
  MODEL,
  STREAM,
  /// Holds `include_usage`.
  STREAM_OPTIONS,
  /// Bounds the output's tokens.
  OUTPUT_CAP,
  /// How many answers.
  COUNT,
  /// Prompt that may hold images, documents and references: inspected.
  CONTENT,
  /// Prompt that is rendered as it is (schemas, functions): only counted.
  OPAQUE,
  /// Has the provider add words of its own to the prompt where true.
  INSTRUCTS,
  /// Texts or token ids to embed.
  EMBEDDED,
  TOOLS,
  /// An image or sound, as a part of a form.
  FILE,
  /// A text that is spoken, and charged by its characters where not by tokens.
  SPOKEN,
  /// A text that is followed.
  DESCRIBED,
  /// How many images show one as it is made.
  PREVIEWS,
  /// Refused where it names a voice that the provider's account stores.
  VOICE,
  /// Says `sse` where the answer streams as events.
  EVENTS_OR_BYTES,
  /// A predicted answer, whose rejected part is charged as output.
  PREDICTION,
  /// Refused when true; forced to false where its default is true.
  STORE,
  /// Output other than text has its own price.
  TEXT_ONLY,
  SERVICE_TIER,
  /// Asks for tokens to be written to the provider's cache, at another price.
  CACHE,
  /// Asks for tokens that the answer doesn't show.
  REASONING,
  /// The id of an answer that the provider keeps.
  PREVIOUS_RESPONSE,
  /// The id of a conversation that the provider keeps, or an object with it.
  CONVERSATION,
  /// Reaches what the provider's account stores: refused unless null or false.
  STORED_STATE,
  /// Runs at the provider, at a price of its own: refused unless null.
  PROVIDER_TOOL
}
