package dev.mandate.gateway.routing;

import static dev.mandate.domain.access.Capability.CHAT;
import static dev.mandate.domain.access.Capability.MESSAGES;
import static dev.mandate.domain.access.Capability.RESPONSES;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.upstream.Api;
import dev.mandate.domain.upstream.Provider;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What can be called, whatever the path: one row a kind of request. Where each is served is in
/// [Route].
public enum Endpoint {
  CHAT_COMPLETIONS(Api.OPENAI, "POST", "chat.completions", Set.of(CHAT)),
  RESPONSES_CREATE(Api.OPENAI, "POST", "responses", Set.of(CHAT, RESPONSES)),
  EMBEDDINGS(Api.OPENAI, "POST", "embeddings", Set.of(Capability.EMBEDDINGS)),
  IMAGES_GENERATE(Api.OPENAI, "POST", "images.generations", Set.of(Capability.IMAGES)),
  IMAGES_EDIT(Api.OPENAI, "POST", "images.edits", Set.of(Capability.IMAGES)),
  SPEECH(Api.OPENAI, "POST", "audio.speech", Set.of(Capability.SPEECH)),
  TRANSCRIPTIONS(Api.OPENAI, "POST", "audio.transcriptions", Set.of(Capability.TRANSCRIPTION)),
  TRANSLATIONS(Api.OPENAI, "POST", "audio.translations", Set.of(Capability.TRANSCRIPTION)),
  OPENAI_MODELS(Api.OPENAI, "GET", "models", Set.of()),
  OPENAI_MODEL(Api.OPENAI, "GET", "models", Set.of()),
  MESSAGES_CREATE(Api.ANTHROPIC, "POST", "messages", Set.of(CHAT, MESSAGES)),
  COUNT_TOKENS(Api.ANTHROPIC, "POST", "count_tokens", Set.of(CHAT, MESSAGES)),
  ANTHROPIC_MODELS(Api.ANTHROPIC, "GET", "models", Set.of()),
  ANTHROPIC_MODEL(Api.ANTHROPIC, "GET", "models", Set.of()),
  GENERATE_CONTENT(Api.GEMINI, "POST", "generate_content", Set.of(CHAT)),
  STREAM_GENERATE_CONTENT(Api.GEMINI, "POST", "stream_generate_content", Set.of(CHAT)),
  GEMINI_COUNT_TOKENS(Api.GEMINI, "POST", "count_tokens", Set.of(CHAT)),
  EMBED_CONTENT(Api.GEMINI, "POST", "embed_content", Set.of(Capability.EMBEDDINGS)),
  BATCH_EMBED_CONTENTS(Api.GEMINI, "POST", "batch_embed_contents", Set.of(Capability.EMBEDDINGS)),
  GEMINI_MODELS(Api.GEMINI, "GET", "models", Set.of()),
  GEMINI_MODEL(Api.GEMINI, "GET", "models", Set.of()),
  CONVERSE(Api.BEDROCK, "POST", "converse", Set.of(CHAT)),
  CONVERSE_STREAM(Api.BEDROCK, "POST", "converse_stream", Set.of(CHAT));

  private final Api api;
  private final String method;
  private final String wire;

  /// Made by Set.of, which the checker can't see.
  @SuppressWarnings("ImmutableEnumChecker")
  private final Set<Capability> capabilities;

  Endpoint(Api api, String method, String wire, Set<Capability> capabilities) {
    this.api = api;
    this.method = method;
    this.wire = wire;
    this.capabilities = capabilities;
  }

  public Api api() {
    return api;
  }

  String method() {
    return method;
  }

  /// What it does, in the words of OpenTelemetry's GenAI conventions (`gen_ai.operation.name`).
  public String operation() {
    return switch (this) {
      case CHAT_COMPLETIONS, RESPONSES_CREATE, MESSAGES_CREATE, CONVERSE, CONVERSE_STREAM -> "chat";
      case GENERATE_CONTENT, STREAM_GENERATE_CONTENT -> "generate_content";
      case EMBEDDINGS, EMBED_CONTENT, BATCH_EMBED_CONTENTS -> "embeddings";
      case IMAGES_GENERATE, IMAGES_EDIT -> "image_generation";
      case SPEECH -> "speech";
      case TRANSCRIPTIONS, TRANSLATIONS -> "transcription";
      case COUNT_TOKENS, GEMINI_COUNT_TOKENS -> "count_tokens";
      case OPENAI_MODELS,
          OPENAI_MODEL,
          ANTHROPIC_MODELS,
          ANTHROPIC_MODEL,
          GEMINI_MODELS,
          GEMINI_MODEL ->
          "models";
    };
  }

  /// Its name in the ledger.
  public String wire() {
    return wire;
  }

  /// Any of these suffices; empty where none is needed.
  public Set<Capability> capabilities() {
    return capabilities;
  }

  /// Whether the gateway answers from the catalogue: no upstream call, no charge.
  public boolean isModelList() {
    return capabilities.isEmpty();
  }

  /// Whether the provider answers for nothing; the request counts.
  public boolean isFree() {
    return this == COUNT_TOKENS || this == GEMINI_COUNT_TOKENS;
  }

  /// Whether it makes vectors: no output tokens, and a context window for each text.
  public boolean embeds() {
    return this == EMBEDDINGS || this == EMBED_CONTENT || this == BATCH_EMBED_CONTENTS;
  }

  /// Whether it makes or reads images or sound: what it makes has no cap in the request.
  public boolean isMedia() {
    return this == IMAGES_GENERATE || this == IMAGES_EDIT || this == SPEECH || takesForm();
  }

  /// Whether its body is a form with files (RFC 7578), and not JSON.
  public boolean takesForm() {
    return this == IMAGES_EDIT || this == TRANSCRIPTIONS || this == TRANSLATIONS;
  }

  /// The member that caps the output, for endpoints where one may be left out. The one that the
  /// provider surely reads: a server that doesn't know OpenAI's newer spelling would ignore it.
  public @Nullable String capMember(Provider provider) {
    return switch (this) {
      case CHAT_COMPLETIONS -> provider.runsOpenAi() ? "max_completion_tokens" : "max_tokens";
      case RESPONSES_CREATE -> "max_output_tokens";
      case MESSAGES_CREATE -> "max_tokens";
      case GENERATE_CONTENT, STREAM_GENERATE_CONTENT -> "maxOutputTokens";
      case CONVERSE, CONVERSE_STREAM -> "maxTokens";
      case EMBEDDINGS,
          IMAGES_GENERATE,
          IMAGES_EDIT,
          SPEECH,
          TRANSCRIPTIONS,
          TRANSLATIONS,
          COUNT_TOKENS,
          OPENAI_MODELS,
          OPENAI_MODEL,
          ANTHROPIC_MODELS,
          ANTHROPIC_MODEL,
          GEMINI_COUNT_TOKENS,
          EMBED_CONTENT,
          BATCH_EMBED_CONTENTS,
          GEMINI_MODELS,
          GEMINI_MODEL ->
          null;
    };
  }
}
