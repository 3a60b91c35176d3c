package dev.mandate.gateway.routing;

import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which query parameters an endpoint takes. Anthropic's SDK marks its beta methods with
/// `beta=true`, which selects nothing by itself: the `anthropic-beta` header does.
public final class QueryRules {
  private static final Set<String> LIST_NAMES = Set.of("limit", "after_id", "before_id");
  private static final Set<String> PAGE_NAMES = Set.of("pageSize", "pageToken");
  private static final int NAME_CHARACTERS_SHOWN = 64;

  /// Azure's dated versions of its API, and the names of the one without dates.
  private static final Pattern API_VERSION =
      Pattern.compile("api-version=(20[0-9]{2}-[0-9]{2}-[0-9]{2}(-preview)?|v1|preview|latest)");

  private QueryRules() {}

  /// @throws Refusal for a parameter that the endpoint doesn't take
  public static void check(Provider provider, Endpoint endpoint, @Nullable String query) {
    if (query == null || query.isEmpty()) {
      return;
    }
    boolean dated = false;
    for (String pair : query.split("&", -1)) {
      boolean known =
          switch (endpoint) {
            case MESSAGES_CREATE, COUNT_TOKENS -> pair.equals("beta=true");
            case ANTHROPIC_MODELS ->
                pair.equals("beta=true") || LIST_NAMES.contains(pair.split("=", 2)[0]);
            case ANTHROPIC_MODEL -> pair.equals("beta=true");
            case CHAT_COMPLETIONS,
                RESPONSES_CREATE,
                EMBEDDINGS,
                IMAGES_GENERATE,
                IMAGES_EDIT,
                SPEECH,
                TRANSCRIPTIONS,
                TRANSLATIONS,
                OPENAI_MODELS,
                OPENAI_MODEL -> {
              // Twice, and two parsers may read two versions.
              boolean first = !dated;
              dated = true;
              yield provider == Provider.AZURE_OPENAI
                  && first
                  && API_VERSION.matcher(pair).matches();
            }
            case STREAM_GENERATE_CONTENT -> query.equals("alt=sse") || query.equals("alt=json");
            case GENERATE_CONTENT, GEMINI_COUNT_TOKENS, EMBED_CONTENT, BATCH_EMBED_CONTENTS ->
                query.equals("alt=json");
            case GEMINI_MODELS -> PAGE_NAMES.contains(pair.split("=", 2)[0]);
            case GEMINI_MODEL, CONVERSE, CONVERSE_STREAM -> false;
          };
      if (!known) {
        String name = pair.split("=", 2)[0];
        throw Refusal.of(
            Refusal.Code.PARAMETER_NOT_ALLOWED,
            "query parameter '"
                + name.substring(0, Math.min(name.length(), NAME_CHARACTERS_SHOWN))
                + "' is not allowed here");
      }
    }
  }
}
