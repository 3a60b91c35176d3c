package dev.mandate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What the simulator understands of a prompt, whichever API it came in by; also its meter.
///
/// The parsers call it in the prompt's order.
final class Prompt {
  /// A function that the caller offers.
  record Tool(String name, JsonNode schema) {}

  private static final String TOOL_REQUEST = "use the tool";

  private final StringBuilder lastUserText = new StringBuilder();
  private final List<Tool> tools = new ArrayList<>();
  private int tokens = Tokens.PER_PROMPT;
  private boolean toolsForbidden;
  private boolean afterToolResult;

  /// A message begins.
  void message(String role) {
    tokens += Tokens.PER_MESSAGE;
    if (role.equals("user")) {
      lastUserText.setLength(0);
      afterToolResult = false;
    }
  }

  /// A text that the model reads.
  void text(String role, String text) {
    tokens += Tokens.count(text);
    if (role.equals("user")) {
      if (!lastUserText.isEmpty()) {
        lastUserText.append('\n');
      }
      lastUserText.append(text);
    }
  }

  /// An image, which is charged and never looked at, let alone fetched.
  void image() {
    tokens += Tokens.PER_IMAGE;
  }

  /// The result of a tool call: what follows is an answer in text.
  void toolResult() {
    afterToolResult = true;
  }

  /// All tools of a request, as sent.
  void tools(JsonNode all) {
    if (!all.isEmpty()) {
      tokens += Tokens.count(all.toString());
    }
  }

  void tool(String name, JsonNode schema) {
    tools.add(new Tool(name, schema));
  }

  /// `tool_choice: none`
  void forbidTools() {
    toolsForbidden = true;
  }

  int tokens() {
    return tokens;
  }

  String lastUserText() {
    return lastUserText.toString();
  }

  /// The tool to call, if the prompt asks for one.
  @Nullable Tool wantedTool() {
    boolean asked = lastUserText.toString().toLowerCase(Locale.ROOT).contains(TOOL_REQUEST);
    return asked && !toolsForbidden && !afterToolResult && !tools.isEmpty()
        ? tools.getFirst()
        : null;
  }
}
