package dev.mandate.gateway.routing;

import static dev.mandate.domain.upstream.Provider.ANTHROPIC;
import static dev.mandate.domain.upstream.Provider.AZURE_OPENAI;
import static dev.mandate.domain.upstream.Provider.BEDROCK;
import static dev.mandate.domain.upstream.Provider.GEMINI;
import static dev.mandate.domain.upstream.Provider.MISTRAL;
import static dev.mandate.domain.upstream.Provider.OLLAMA;
import static dev.mandate.domain.upstream.Provider.OPENAI;
import static dev.mandate.domain.upstream.Provider.OPENAI_COMPATIBLE;

import dev.mandate.domain.upstream.Provider;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A path that is served, and what is served there; what isn't here is refused (design §5).
///
/// @param path the pattern that fits
/// @param name of a model in the path; null where the body names it
public record Route(Path path, @Nullable String name) {
  private static final String MODEL = "{model}";
  private static final String VERSION = "/v1";

  /// @param template with `{model}` where a model's name stands
  record Path(
      Set<Provider> providers, Endpoint endpoint, String template, String prefix, String suffix) {
    static Path of(Set<Provider> providers, Endpoint endpoint, String template) {
      int at = template.indexOf(MODEL);
      return at < 0
          ? new Path(providers, endpoint, template, template, "")
          : new Path(
              providers,
              endpoint,
              template,
              template.substring(0, at),
              template.substring(at + MODEL.length()));
    }

    boolean takesName() {
      return template.length() > prefix.length() + suffix.length();
    }

    boolean fits(String method, String path) {
      if (!endpoint.method().equals(method)) {
        return false;
      }
      if (!takesName()) {
        return path.equals(template);
      }
      // A name at the end may have slashes, as those of some compatible servers do.
      return path.length() > prefix.length() + suffix.length()
          && path.startsWith(prefix)
          && path.endsWith(suffix)
          && (suffix.isEmpty()
              || path.lastIndexOf('/', path.length() - suffix.length() - 1) < prefix.length());
    }
  }

  private static final Set<Provider> OPENAI_LIKE =
      Set.of(OPENAI, MISTRAL, OLLAMA, OPENAI_COMPATIBLE);
  private static final Set<Provider> MEDIA_MAKERS = Set.of(OPENAI, OPENAI_COMPATIBLE);
  private static final Set<Provider> AZURE = Set.of(AZURE_OPENAI);
  private static final Set<Provider> GOOGLE = Set.of(GEMINI);

  private static final List<Path> ALL =
      List.of(
          Path.of(OPENAI_LIKE, Endpoint.CHAT_COMPLETIONS, "/v1/chat/completions"),
          Path.of(
              Set.of(OPENAI, OLLAMA, OPENAI_COMPATIBLE),
              Endpoint.RESPONSES_CREATE,
              "/v1/responses"),
          Path.of(OPENAI_LIKE, Endpoint.EMBEDDINGS, "/v1/embeddings"),
          Path.of(MEDIA_MAKERS, Endpoint.IMAGES_GENERATE, "/v1/images/generations"),
          Path.of(MEDIA_MAKERS, Endpoint.IMAGES_EDIT, "/v1/images/edits"),
          Path.of(MEDIA_MAKERS, Endpoint.SPEECH, "/v1/audio/speech"),
          Path.of(
              Set.of(OPENAI, MISTRAL, OPENAI_COMPATIBLE),
              Endpoint.TRANSCRIPTIONS,
              "/v1/audio/transcriptions"),
          Path.of(MEDIA_MAKERS, Endpoint.TRANSLATIONS, "/v1/audio/translations"),
          Path.of(OPENAI_LIKE, Endpoint.OPENAI_MODELS, "/v1/models"),
          Path.of(OPENAI_LIKE, Endpoint.OPENAI_MODEL, "/v1/models/{model}"),
          // Azure: a path for each deployment, dated by a parameter; and the one without dates.
          Path.of(AZURE, Endpoint.CHAT_COMPLETIONS, "/openai/deployments/{model}/chat/completions"),
          Path.of(AZURE, Endpoint.EMBEDDINGS, "/openai/deployments/{model}/embeddings"),
          Path.of(
              AZURE, Endpoint.IMAGES_GENERATE, "/openai/deployments/{model}/images/generations"),
          Path.of(AZURE, Endpoint.IMAGES_EDIT, "/openai/deployments/{model}/images/edits"),
          Path.of(AZURE, Endpoint.SPEECH, "/openai/deployments/{model}/audio/speech"),
          Path.of(
              AZURE, Endpoint.TRANSCRIPTIONS, "/openai/deployments/{model}/audio/transcriptions"),
          Path.of(AZURE, Endpoint.TRANSLATIONS, "/openai/deployments/{model}/audio/translations"),
          Path.of(AZURE, Endpoint.IMAGES_GENERATE, "/openai/v1/images/generations"),
          Path.of(AZURE, Endpoint.IMAGES_EDIT, "/openai/v1/images/edits"),
          Path.of(AZURE, Endpoint.SPEECH, "/openai/v1/audio/speech"),
          Path.of(AZURE, Endpoint.TRANSCRIPTIONS, "/openai/v1/audio/transcriptions"),
          Path.of(AZURE, Endpoint.TRANSLATIONS, "/openai/v1/audio/translations"),
          Path.of(AZURE, Endpoint.RESPONSES_CREATE, "/openai/responses"),
          Path.of(AZURE, Endpoint.OPENAI_MODELS, "/openai/models"),
          Path.of(AZURE, Endpoint.OPENAI_MODEL, "/openai/models/{model}"),
          Path.of(AZURE, Endpoint.CHAT_COMPLETIONS, "/openai/v1/chat/completions"),
          Path.of(AZURE, Endpoint.RESPONSES_CREATE, "/openai/v1/responses"),
          Path.of(AZURE, Endpoint.EMBEDDINGS, "/openai/v1/embeddings"),
          Path.of(AZURE, Endpoint.OPENAI_MODELS, "/openai/v1/models"),
          Path.of(AZURE, Endpoint.OPENAI_MODEL, "/openai/v1/models/{model}"),
          Path.of(Set.of(ANTHROPIC), Endpoint.MESSAGES_CREATE, "/v1/messages"),
          Path.of(Set.of(ANTHROPIC), Endpoint.COUNT_TOKENS, "/v1/messages/count_tokens"),
          Path.of(Set.of(ANTHROPIC), Endpoint.ANTHROPIC_MODELS, "/v1/models"),
          Path.of(Set.of(ANTHROPIC), Endpoint.ANTHROPIC_MODEL, "/v1/models/{model}"),
          Path.of(Set.of(BEDROCK), Endpoint.CONVERSE, "/model/{model}/converse"),
          Path.of(Set.of(BEDROCK), Endpoint.CONVERSE_STREAM, "/model/{model}/converse-stream"),
          Path.of(GOOGLE, Endpoint.GENERATE_CONTENT, "/v1beta/models/{model}:generateContent"),
          Path.of(
              GOOGLE,
              Endpoint.STREAM_GENERATE_CONTENT,
              "/v1beta/models/{model}:streamGenerateContent"),
          Path.of(GOOGLE, Endpoint.GEMINI_COUNT_TOKENS, "/v1beta/models/{model}:countTokens"),
          Path.of(GOOGLE, Endpoint.EMBED_CONTENT, "/v1beta/models/{model}:embedContent"),
          Path.of(
              GOOGLE, Endpoint.BATCH_EMBED_CONTENTS, "/v1beta/models/{model}:batchEmbedContents"),
          Path.of(GOOGLE, Endpoint.GEMINI_MODELS, "/v1beta/models"),
          Path.of(GOOGLE, Endpoint.GEMINI_MODEL, "/v1beta/models/{model}"),
          Path.of(GOOGLE, Endpoint.GENERATE_CONTENT, "/v1/models/{model}:generateContent"),
          Path.of(
              GOOGLE, Endpoint.STREAM_GENERATE_CONTENT, "/v1/models/{model}:streamGenerateContent"),
          Path.of(GOOGLE, Endpoint.GEMINI_COUNT_TOKENS, "/v1/models/{model}:countTokens"),
          Path.of(GOOGLE, Endpoint.EMBED_CONTENT, "/v1/models/{model}:embedContent"),
          Path.of(GOOGLE, Endpoint.BATCH_EMBED_CONTENTS, "/v1/models/{model}:batchEmbedContents"),
          Path.of(GOOGLE, Endpoint.GEMINI_MODELS, "/v1/models"),
          Path.of(GOOGLE, Endpoint.GEMINI_MODEL, "/v1/models/{model}"));

  private static final Map<Provider, List<Path>> BY_PROVIDER = byProvider();

  private static Map<Provider, List<Path>> byProvider() {
    Map<Provider, List<Path>> table = new EnumMap<>(Provider.class);
    for (Provider provider : Provider.values()) {
      table.put(
          provider, ALL.stream().filter(path -> path.providers().contains(provider)).toList());
    }
    return table;
  }

  /// The route of this request; null for one that isn't served.
  ///
  /// @param path decoded, below the upstream's prefix
  public static @Nullable Route of(Provider provider, String method, String path) {
    for (Path candidate : BY_PROVIDER.getOrDefault(provider, List.of())) {
      if (candidate.fits(method, path)) {
        return new Route(
            candidate,
            candidate.takesName()
                ? path.substring(
                    candidate.prefix().length(), path.length() - candidate.suffix().length())
                : null);
      }
    }
    return null;
  }

  /// The path below another upstream on which it serves the same; null when it doesn't.
  ///
  /// @param model as it is called there
  public @Nullable String pathAt(Mount here, Mount there, String model) {
    Path same = null;
    if (here.provider() == there.provider()) {
      same = path;
    } else if (here.provider().api() == there.provider().api()) {
      for (Path candidate : BY_PROVIDER.getOrDefault(there.provider(), List.of())) {
        // Azure's dated paths need a parameter, and the one for each deployment too.
        if (candidate.endpoint() == endpoint()
            && !candidate.takesName()
            && (same == null || candidate.template().contains(VERSION + "/"))) {
          same = candidate;
        }
      }
    }
    if (same == null) {
      return null;
    }
    return same.takesName() ? same.prefix() + model + same.suffix() : same.template();
  }

  public Endpoint endpoint() {
    return path.endpoint();
  }

  /// For whoever counts.
  public String template() {
    return "/{upstream}" + path.template();
  }

  /// What follows the upstream's base URL. A name was found in the catalogue, which may hold any
  /// text.
  public String upstreamPath(Provider provider) {
    String whole =
        name == null
            ? path.template()
            : path.prefix()
                + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20")
                + path.suffix();
    return provider.hasVersionInBaseUrl() && whole.startsWith(VERSION)
        ? whole.substring(VERSION.length())
        : whole;
  }
}
