package dev.mandate.gateway.routing;

import static dev.mandate.domain.access.Capability.CHAT;
import static dev.mandate.domain.access.Capability.MESSAGES;
import static dev.mandate.domain.access.Capability.RESPONSES;
import static dev.mandate.domain.upstream.Provider.ANTHROPIC;
import static dev.mandate.domain.upstream.Provider.OPENAI;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.upstream.Provider;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The endpoints that are served, all of them; what isn't here is refused (design §5).
public enum Endpoint {
  CHAT_COMPLETIONS(OPENAI, "POST", "/v1/chat/completions", "chat.completions", Set.of(CHAT)),
  RESPONSES_CREATE(OPENAI, "POST", "/v1/responses", "responses", Set.of(CHAT, RESPONSES)),
  EMBEDDINGS(OPENAI, "POST", "/v1/embeddings", "embeddings", Set.of(Capability.EMBEDDINGS)),
  OPENAI_MODELS(OPENAI, "GET", "/v1/models", "models", Set.of()),
  OPENAI_MODEL(OPENAI, "GET", "/v1/models/", "models", Set.of()),
  MESSAGES_CREATE(ANTHROPIC, "POST", "/v1/messages", "messages", Set.of(CHAT, MESSAGES)),
  COUNT_TOKENS(
      ANTHROPIC, "POST", "/v1/messages/count_tokens", "count_tokens", Set.of(CHAT, MESSAGES)),
  ANTHROPIC_MODELS(ANTHROPIC, "GET", "/v1/models", "models", Set.of()),
  ANTHROPIC_MODEL(ANTHROPIC, "GET", "/v1/models/", "models", Set.of());

  private static final Endpoint[] ALL = values();

  private final Provider provider;
  private final String method;
  private final String path;
  private final String wire;
  private final String template;

  /// Made by Set.of, which the checker can't see.
  @SuppressWarnings("ImmutableEnumChecker")
  private final Set<Capability> capabilities;

  Endpoint(
      Provider provider, String method, String path, String wire, Set<Capability> capabilities) {
    this.provider = provider;
    this.method = method;
    this.path = path;
    this.wire = wire;
    this.template = "/{upstream}" + path + (path.endsWith("/") ? "{model}" : "");
    this.capabilities = capabilities;
  }

  /// The endpoint of this request; null for one that isn't served.
  ///
  /// @param path decoded, below the upstream's prefix
  public static @Nullable Endpoint of(Provider provider, String method, String path) {
    for (Endpoint endpoint : ALL) {
      if (endpoint.provider == provider
          && endpoint.method.equals(method)
          && (endpoint.takesName()
              ? path.startsWith(endpoint.path) && path.length() > endpoint.path.length()
              : path.equals(endpoint.path))) {
        return endpoint;
      }
    }
    return null;
  }

  /// Whether the rest of the path is a model's name.
  public boolean takesName() {
    return path.endsWith("/");
  }

  /// The model's name at the end of the path.
  public String name(String requestPath) {
    return requestPath.substring(path.length());
  }

  public Provider provider() {
    return provider;
  }

  /// Below the upstream's base URL.
  public String path() {
    return path;
  }

  /// Its route, for whoever counts.
  public String template() {
    return template;
  }

  /// What it does, in the words of OpenTelemetry's GenAI conventions (`gen_ai.operation.name`).
  public String operation() {
    return switch (this) {
      case CHAT_COMPLETIONS, RESPONSES_CREATE, MESSAGES_CREATE -> "chat";
      case EMBEDDINGS -> "embeddings";
      case COUNT_TOKENS -> "count_tokens";
      case OPENAI_MODELS, OPENAI_MODEL, ANTHROPIC_MODELS, ANTHROPIC_MODEL -> "models";
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
}
