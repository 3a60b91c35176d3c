package dev.mandate.domain.upstream;

import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Whose API an LLM upstream speaks. What differs between those that share an [Api] is data here,
/// or a switch where it decides something.
public enum Provider {
  OPENAI(Api.OPENAI, "openai", "https://api.openai.com"),
  ANTHROPIC(Api.ANTHROPIC, "anthropic", "https://api.anthropic.com"),
  GEMINI(Api.GEMINI, "gcp.gemini", "https://generativelanguage.googleapis.com"),
  MISTRAL(Api.OPENAI, "mistral_ai", "https://api.mistral.ai"),
  /// An Azure OpenAI resource; its models are deployments.
  AZURE_OPENAI(Api.OPENAI, "azure.ai.openai", null),
  OLLAMA(Api.OPENAI, "ollama", null),
  /// Any server that speaks OpenAI's API. Its base URL is the one that an SDK is given, with the
  /// version segment, because many have none or another one than `/v1`.
  OPENAI_COMPATIBLE(Api.OPENAI, "openai_compatible", null),
  /// Amazon Bedrock, in one region.
  BEDROCK(Api.BEDROCK, "aws.bedrock", null);

  private final Api api;
  private final String telemetryName;
  private final @Nullable String ownUrl;

  Provider(Api api, String telemetryName, @Nullable String ownUrl) {
    this.api = api;
    this.telemetryName = telemetryName;
    this.ownUrl = ownUrl;
  }

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Provider ofWire(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }

  public Api api() {
    return api;
  }

  /// OpenTelemetry's `gen_ai.provider.name`, where it knows the provider.
  public String telemetryName() {
    return telemetryName;
  }

  /// Where the provider itself serves its API; null where each customer has a place of its own.
  public @Nullable URI ownUrl() {
    return ownUrl == null ? null : URI.create(ownUrl);
  }

  /// What is asked below the base URL to learn whether a key is good: every provider lists models
  /// for nothing.
  public String modelsPath() {
    return switch (this) {
      case OPENAI, ANTHROPIC, MISTRAL, OLLAMA -> "/v1/models";
      case GEMINI -> "/v1beta/models";
      case AZURE_OPENAI -> "/openai/v1/models";
      case OPENAI_COMPATIBLE -> "/models";
      // Models are listed at another host; these are calls that nobody made.
      case BEDROCK -> "/async-invoke";
    };
  }

  /// Whether a key that the provider doesn't know is a 400 to it, as a request is that it can't
  /// read.
  public boolean answersBadKeysWith400() {
    return this == GEMINI;
  }

  /// Whether requests are signed with the key, and don't carry it.
  public boolean signs() {
    return this == BEDROCK;
  }

  /// Whether base URLs end in the version segment.
  public boolean hasVersionInBaseUrl() {
    return this == OPENAI_COMPATIBLE;
  }

  /// Whether it is OpenAI's own implementation, in whoever's cloud: it writes its prompt cache
  /// unasked, and keeps answers unless it is told not to.
  public boolean runsOpenAi() {
    return this == OPENAI || this == AZURE_OPENAI;
  }

  /// Mistral refuses `stream_options`; its streams carry usage anyway.
  public boolean takesStreamOptions() {
    return api == Api.OPENAI && this != MISTRAL;
  }
}
