package dev.mandate.gateway.mandating;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.upstream.Model;
import dev.mandate.gateway.Refusal;
import dev.mandate.platform.http.BadRequest;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The model lists in each provider's shape, from the catalogue and filtered to the mandate.
public final class ModelList {
  /// Anthropic's own page bounds.
  private static final int PAGE_DEFAULT = 20;

  private static final int PAGE_MAX = 1000;

  /// Google's own.
  private static final int GEMINI_PAGE_DEFAULT = 50;

  private ModelList() {}

  /// The list, or the one model that the path names.
  ///
  /// @param name that the path names, if it does
  /// @throws BadRequest when the page asked for makes no sense
  /// @throws Refusal when the model is not given
  public static byte[] answer(
      @Nullable String name, Target target, Map<String, Model> given, @Nullable String query) {
    if (name == null) {
      return list(target, given, query);
    }
    Model model = given.get(name);
    if (model == null) {
      throw Standing.notAllowed(name);
    }
    return Json.bytes(one(target, model));
  }

  /// @throws BadRequest when the page asked for makes no sense
  private static byte[] list(Target target, Map<String, Model> given, @Nullable String query) {
    return switch (target.provider().api()) {
      case OPENAI, BEDROCK -> {
        ObjectNode list = Json.object().put("object", "list");
        ArrayNode data = list.putArray("data");
        given.values().forEach(model -> data.add(one(target, model)));
        yield Json.bytes(list);
      }
      case ANTHROPIC -> page(target, given, Parameters.parse(query));
      case GEMINI -> geminiPage(target, given, Parameters.parse(query));
    };
  }

  private static byte[] page(Target target, Map<String, Model> given, Parameters query) {
    int limit = limit("limit", query.one("limit"), PAGE_DEFAULT);
    String after = query.one("after_id");
    String before = query.one("before_id");
    List<Model> models = new ArrayList<>(given.values());
    int from = after == null ? 0 : position(models, after) + 1;
    int to = before == null ? models.size() : position(models, before);
    boolean more = to - from > limit;
    if (before != null && more) {
      from = to - limit;
    } else if (more) {
      to = from + limit;
    }
    List<Model> page = from < to ? models.subList(from, to) : List.of();
    ObjectNode list = Json.object();
    ArrayNode data = list.putArray("data");
    page.forEach(model -> data.add(one(target, model)));
    list.put("has_more", more);
    list.put("first_id", page.isEmpty() ? null : page.getFirst().name());
    list.put("last_id", page.isEmpty() ? null : page.getLast().name());
    return Json.bytes(list);
  }

  /// Google's token of a page says where it begins; ours is the number of the first model.
  private static byte[] geminiPage(Target target, Map<String, Model> given, Parameters query) {
    int size = limit("pageSize", query.one("pageSize"), GEMINI_PAGE_DEFAULT);
    String token = query.one("pageToken");
    List<Model> models = new ArrayList<>(given.values());
    int from =
        token == null ? 0 : Math.min(models.size(), limit("pageToken", token, GEMINI_PAGE_DEFAULT));
    int to = Math.min(models.size(), from + size);
    ObjectNode list = Json.object();
    ArrayNode data = list.putArray("models");
    models.subList(from, to).forEach(model -> data.add(one(target, model)));
    if (to < models.size()) {
      list.put("nextPageToken", Integer.toString(to));
    }
    return Json.bytes(list);
  }

  private static ObjectNode gemini(Model model) {
    ObjectNode node =
        Json.object()
            .put("name", "models/" + model.name())
            .put("baseModelId", model.name())
            .put("version", "001")
            .put("displayName", model.displayName())
            .put("inputTokenLimit", model.contextTokens())
            .put("outputTokenLimit", model.outputTokensMax());
    ArrayNode methods = node.putArray("supportedGenerationMethods");
    if (model.capabilities().contains(Capability.EMBEDDINGS)) {
      methods.add("embedContent");
    }
    if (model.capabilities().contains(Capability.CHAT)) {
      methods.add("generateContent").add("countTokens");
    }
    return node;
  }

  private static int limit(String name, @Nullable String text, int absent) {
    if (text == null) {
      return absent;
    }
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= PAGE_MAX) {
        return limit;
      }
    } catch (NumberFormatException e) {
      throw new BadRequest(name + " must be a whole number from 1 to " + PAGE_MAX, e);
    }
    throw new BadRequest(name + " must be a whole number from 1 to " + PAGE_MAX);
  }

  private static int position(List<Model> models, String name) {
    for (int i = 0; i < models.size(); i++) {
      if (models.get(i).name().equals(name)) {
        return i;
      }
    }
    throw new BadRequest("after_id or before_id names a model that is not in the list");
  }

  private static ObjectNode one(Target target, Model model) {
    return switch (target.provider().api()) {
      // Bedrock lists its models elsewhere.
      case OPENAI, BEDROCK ->
          Json.object()
              .put("id", model.name())
              .put("object", "model")
              .put("created", model.releasedAt().getEpochSecond())
              .put("owned_by", target.upstream().name());
      case ANTHROPIC ->
          Json.object()
              .put("type", "model")
              .put("id", model.name())
              .put("display_name", model.displayName())
              .put("created_at", model.releasedAt().toString())
              .put("lifecycle", "active")
              .put("max_input_tokens", model.contextTokens())
              .put("max_tokens", model.outputTokensMax());
      case GEMINI -> gemini(model);
    };
  }
}
