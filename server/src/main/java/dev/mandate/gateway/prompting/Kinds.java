package dev.mandate.gateway.prompting;

import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.routing.Endpoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What each `type` inside a prompt, and each type of tool, means: allow-lists, because a new type
/// may reach stored state or run at the provider.
final class Kinds {
  /// What one part of a prompt is.
  enum Part {
    /// Bounded by its bytes.
    TEXT,
    /// Bounded by the model's largest image.
    IMAGE,
    /// Bounded by nothing in the body: by the model's context window.
    WHOLE_CONTEXT,
    STORED_STATE,
    PROVIDER_TOOL
  }

  private static final Map<String, Part> CHAT =
      table(
          List.of("text", "refusal", "function", "custom"),
          List.of("image_url"),
          List.of("input_audio", "file"),
          List.of(),
          List.of());

  /// Beside OpenAI's: what its models thought, and marks of a source. A `document_url` is read by
  /// another model, at a price of its own.
  private static final Map<String, Part> MISTRAL =
      table(
          List.of("text", "function", "thinking", "reference"),
          List.of("image_url"),
          List.of("input_audio"),
          List.of("file"),
          List.of("document_url"));

  private static final Map<String, Part> RESPONSES =
      table(
          List.of(
              "message",
              "function_call",
              "function_call_output",
              "custom_tool_call",
              "custom_tool_call_output",
              "local_shell_call",
              "local_shell_call_output",
              "apply_patch_call",
              "apply_patch_call_output",
              "reasoning",
              "input_text",
              "output_text",
              "text",
              "refusal",
              "summary_text",
              "reasoning_text",
              "url_citation",
              "direct"),
          List.of("input_image"),
          List.of("input_file", "input_audio"),
          List.of("item_reference", "file_citation", "file_path", "container_file_citation"),
          List.of(
              "file_search_call",
              "web_search_call",
              "computer_call",
              "computer_call_output",
              "code_interpreter_call",
              "image_generation_call",
              "mcp_list_tools",
              "mcp_approval_request",
              "mcp_approval_response",
              "mcp_call",
              "shell_call",
              "shell_call_output",
              "tool_search_call",
              "tool_search_output",
              "additional_tools",
              "program",
              "program_output"));

  private static final Map<String, Part> ANTHROPIC =
      table(
          List.of(
              "text",
              "search_result",
              "thinking",
              "redacted_thinking",
              "tool_use",
              "tool_result",
              "tool_reference",
              "browser_state",
              "base64",
              "url",
              "content",
              "ephemeral",
              "direct",
              "char_location",
              "page_location",
              "content_block_location",
              "search_result_location",
              "web_search_result_location"),
          List.of("image"),
          List.of("document"),
          List.of("file", "container_upload", "compaction"),
          List.of(
              "server_tool_use",
              "web_search_tool_result",
              "web_fetch_tool_result",
              "code_execution_tool_result",
              "bash_code_execution_tool_result",
              "text_editor_code_execution_tool_result",
              "tool_search_tool_result",
              "mcp_tool_use",
              "mcp_tool_result",
              "mcp_tool_listing",
              "advisor_tool_result"));

  private static final List<String> ANTHROPIC_CLIENT_TOOLS =
      List.of("bash_", "text_editor_", "computer_", "memory_", "browser_toolset_");

  private Kinds() {}

  static Map<String, Part> of(Provider provider, Endpoint endpoint) {
    return switch (provider.api()) {
      case ANTHROPIC -> ANTHROPIC;
      case OPENAI ->
          endpoint != Endpoint.CHAT_COMPLETIONS
              ? RESPONSES
              : provider == Provider.MISTRAL ? MISTRAL : CHAT;
      // Its parts have members instead of types: GeminiReader, ConverseReader.
      case GEMINI, BEDROCK -> Map.of();
    };
  }

  /// Whether the caller, and not the provider, runs a tool of this type.
  static boolean runsAtCaller(Endpoint endpoint, String type) {
    return switch (endpoint.api()) {
      case OPENAI ->
          type.equals("function")
              || type.equals("custom")
              || (endpoint == Endpoint.RESPONSES_CREATE
                  && (type.equals("local_shell") || type.equals("apply_patch")));
      case ANTHROPIC ->
          type.equals("custom") || ANTHROPIC_CLIENT_TOOLS.stream().anyMatch(type::startsWith);
      case GEMINI, BEDROCK -> false;
    };
  }

  private static Map<String, Part> table(
      List<String> text,
      List<String> image,
      List<String> wholeContext,
      List<String> storedState,
      List<String> providerTool) {
    Map<String, Part> table = new HashMap<>();
    text.forEach(type -> table.put(type, Part.TEXT));
    image.forEach(type -> table.put(type, Part.IMAGE));
    wholeContext.forEach(type -> table.put(type, Part.WHOLE_CONTEXT));
    storedState.forEach(type -> table.put(type, Part.STORED_STATE));
    providerTool.forEach(type -> table.put(type, Part.PROVIDER_TOOL));
    return Map.copyOf(table);
  }
}
