package dev.mandate.gateway.prompting;

import static dev.mandate.gateway.prompting.Meaning.CACHE;
import static dev.mandate.gateway.prompting.Meaning.CONTENT;
import static dev.mandate.gateway.prompting.Meaning.CONVERSATION;
import static dev.mandate.gateway.prompting.Meaning.COUNT;
import static dev.mandate.gateway.prompting.Meaning.EMBEDDED;
import static dev.mandate.gateway.prompting.Meaning.INSTRUCTS;
import static dev.mandate.gateway.prompting.Meaning.MODEL;
import static dev.mandate.gateway.prompting.Meaning.OPAQUE;
import static dev.mandate.gateway.prompting.Meaning.OUTPUT_CAP;
import static dev.mandate.gateway.prompting.Meaning.PASS;
import static dev.mandate.gateway.prompting.Meaning.PREDICTION;
import static dev.mandate.gateway.prompting.Meaning.PREVIOUS_RESPONSE;
import static dev.mandate.gateway.prompting.Meaning.PROVIDER_TOOL;
import static dev.mandate.gateway.prompting.Meaning.REASONING;
import static dev.mandate.gateway.prompting.Meaning.SERVICE_TIER;
import static dev.mandate.gateway.prompting.Meaning.STORE;
import static dev.mandate.gateway.prompting.Meaning.STORED_STATE;
import static dev.mandate.gateway.prompting.Meaning.STREAM;
import static dev.mandate.gateway.prompting.Meaning.STREAM_OPTIONS;
import static dev.mandate.gateway.prompting.Meaning.TEXT_ONLY;
import static dev.mandate.gateway.prompting.Meaning.TOOLS;

import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.routing.Endpoint;
import java.util.HashMap;
import java.util.Map;

/// The top-level members that each endpoint takes, as its public API had them in November 2026.
/// Left out on purpose, because each changes the price or keeps state: `audio`, `moderation`,
/// `access_programs`, `image`, `context_management`, `inference_geo`, `speed`, `diagnostics`,
/// `fallbacks`, `thread`, `compaction`.
final class Members {
  private static final Map<String, Meaning> CHAT =
      table(
          "messages",
          CONTENT,
          "model",
          MODEL,
          "frequency_penalty",
          PASS,
          "function_call",
          PASS,
          "functions",
          OPAQUE,
          "logit_bias",
          PASS,
          "logprobs",
          PASS,
          "max_completion_tokens",
          OUTPUT_CAP,
          "max_tokens",
          OUTPUT_CAP,
          "metadata",
          PASS,
          "modalities",
          TEXT_ONLY,
          "n",
          COUNT,
          "parallel_tool_calls",
          PASS,
          "prediction",
          PREDICTION,
          "presence_penalty",
          PASS,
          "prompt_cache_key",
          PASS,
          "prompt_cache_options",
          CACHE,
          "prompt_cache_retention",
          CACHE,
          "reasoning_effort",
          REASONING,
          "response_format",
          OPAQUE,
          "safety_identifier",
          PASS,
          "seed",
          PASS,
          "service_tier",
          SERVICE_TIER,
          "stop",
          PASS,
          "store",
          STORE,
          "stream",
          STREAM,
          "stream_options",
          STREAM_OPTIONS,
          "temperature",
          PASS,
          "tool_choice",
          PASS,
          "tools",
          TOOLS,
          "top_logprobs",
          PASS,
          "top_p",
          PASS,
          "user",
          PASS,
          "verbosity",
          PASS,
          "web_search_options",
          PROVIDER_TOOL);

  /// Servers that speak OpenAI's API read a subset of it, and some members of their own. The newer
  /// spelling of the cap bounds nothing where it isn't read. Left out beside the above: `models`,
  /// `provider`, `route`, `plugins` and `transforms`, which choose another model or tools, and
  /// `best_of`, which multiplies.
  private static final Map<String, Meaning> COMPATIBLE =
      with(
          CHAT,
          "max_completion_tokens",
          PASS,
          "min_p",
          PASS,
          "min_tokens",
          PASS,
          "reasoning",
          REASONING,
          "repetition_penalty",
          PASS,
          "top_k",
          PASS);

  /// Mistral refuses what it doesn't know, and so do we.
  private static final Map<String, Meaning> MISTRAL =
      table(
          "frequency_penalty",
          PASS,
          "max_tokens",
          OUTPUT_CAP,
          "messages",
          CONTENT,
          "metadata",
          PASS,
          "model",
          MODEL,
          "n",
          COUNT,
          "parallel_tool_calls",
          PASS,
          "prediction",
          PREDICTION,
          "presence_penalty",
          PASS,
          "prompt_mode",
          REASONING,
          "random_seed",
          PASS,
          "reasoning_effort",
          REASONING,
          "response_format",
          OPAQUE,
          "safe_prompt",
          INSTRUCTS,
          "stop",
          PASS,
          "stream",
          STREAM,
          "temperature",
          PASS,
          "tool_choice",
          PASS,
          "tools",
          TOOLS,
          "top_p",
          PASS);

  private static final Map<String, Meaning> RESPONSES =
      table(
          "background",
          STORED_STATE,
          "conversation",
          CONVERSATION,
          "include",
          PASS,
          "input",
          CONTENT,
          "instructions",
          CONTENT,
          "max_output_tokens",
          OUTPUT_CAP,
          "max_tool_calls",
          PASS,
          "metadata",
          PASS,
          "model",
          MODEL,
          "parallel_tool_calls",
          PASS,
          "previous_response_id",
          PREVIOUS_RESPONSE,
          "prompt",
          STORED_STATE,
          "prompt_cache_key",
          PASS,
          "prompt_cache_options",
          CACHE,
          "prompt_cache_retention",
          CACHE,
          "reasoning",
          REASONING,
          "safety_identifier",
          PASS,
          "service_tier",
          SERVICE_TIER,
          "store",
          STORE,
          "stream",
          STREAM,
          "stream_options",
          PASS,
          "temperature",
          PASS,
          "text",
          OPAQUE,
          "tool_choice",
          PASS,
          "tools",
          TOOLS,
          "top_logprobs",
          PASS,
          "top_p",
          PASS,
          "truncation",
          PASS,
          "user",
          PASS,
          "verbosity",
          PASS);

  private static final Map<String, Meaning> EMBEDDINGS =
      table(
          "input",
          EMBEDDED,
          "model",
          MODEL,
          "dimensions",
          PASS,
          "encoding_format",
          PASS,
          "user",
          PASS);

  private static final Map<String, Meaning> MISTRAL_EMBEDDINGS =
      table(
          "encoding_format",
          PASS,
          "input",
          EMBEDDED,
          "metadata",
          PASS,
          "model",
          MODEL,
          "output_dimension",
          PASS,
          "output_dtype",
          PASS);

  private static final Map<String, Meaning> MESSAGES =
      table(
          "cache_control",
          CACHE,
          "container",
          STORED_STATE,
          "max_tokens",
          OUTPUT_CAP,
          "mcp_servers",
          PROVIDER_TOOL,
          "messages",
          CONTENT,
          "metadata",
          PASS,
          "model",
          MODEL,
          "output_config",
          OPAQUE,
          "output_format",
          OPAQUE,
          "service_tier",
          SERVICE_TIER,
          "stop_sequences",
          PASS,
          "stream",
          STREAM,
          "system",
          CONTENT,
          "temperature",
          PASS,
          "thinking",
          REASONING,
          "tool_choice",
          PASS,
          "tools",
          TOOLS,
          "top_k",
          PASS,
          "top_p",
          PASS);

  private static final Map<String, Meaning> COUNT_TOKENS =
      table(
          "cache_control",
          PASS,
          "mcp_servers",
          PROVIDER_TOOL,
          "messages",
          CONTENT,
          "model",
          MODEL,
          "output_config",
          PASS,
          "output_format",
          PASS,
          "system",
          CONTENT,
          "thinking",
          PASS,
          "tool_choice",
          PASS,
          "tools",
          TOOLS);

  private Members() {}

  static Map<String, Meaning> of(Provider provider, Endpoint endpoint) {
    return switch (endpoint) {
      case CHAT_COMPLETIONS ->
          provider == Provider.MISTRAL ? MISTRAL : provider.runsOpenAi() ? CHAT : COMPATIBLE;
      case RESPONSES_CREATE -> RESPONSES;
      case IMAGES_GENERATE, IMAGES_EDIT, SPEECH, TRANSCRIPTIONS, TRANSLATIONS ->
          MediaMembers.of(endpoint);
      case EMBEDDINGS -> provider == Provider.MISTRAL ? MISTRAL_EMBEDDINGS : EMBEDDINGS;
      case MESSAGES_CREATE -> MESSAGES;
      case COUNT_TOKENS -> COUNT_TOKENS;
      // Its members have two spellings each: GeminiReader.
      case GENERATE_CONTENT,
          STREAM_GENERATE_CONTENT,
          GEMINI_COUNT_TOKENS,
          EMBED_CONTENT,
          BATCH_EMBED_CONTENTS,
          GEMINI_MODELS,
          GEMINI_MODEL,
          OPENAI_MODELS,
          OPENAI_MODEL,
          ANTHROPIC_MODELS,
          ANTHROPIC_MODEL,
          CONVERSE,
          CONVERSE_STREAM ->
          Map.of();
    };
  }

  private static Map<String, Meaning> with(Map<String, Meaning> base, Object... namesAndMeanings) {
    Map<String, Meaning> table = new HashMap<>(base);
    table.putAll(table(namesAndMeanings));
    return Map.copyOf(table);
  }

  private static Map<String, Meaning> table(Object... namesAndMeanings) {
    Map<String, Meaning> table = new HashMap<>();
    for (int i = 0; i < namesAndMeanings.length; i += 2) {
      table.put((String) namesAndMeanings[i], (Meaning) namesAndMeanings[i + 1]);
    }
    return Map.copyOf(table);
  }
}
