package dev.mandate.domain.upstream;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// An LLM provider that a tenant's callers reach through the gateway.
///
/// @param name unique in the tenant; also the first segment of its gateway path
/// @param displayName for people
/// @param provider whose API it speaks
/// @param baseUrl without the version segment, such as `https://api.openai.com`; with it where
///   [Provider#hasVersionInBaseUrl]
/// @param mergesUsage whether `stream_options.include_usage` may be merged into a request that
///   lacks it
/// @param priceVersion of the price list that the models carry, kept in every ledger entry
/// @param models its catalogue
/// @param resilience how calls deal with its failures
public record Upstream(
    TenantId tenant,
    String name,
    String displayName,
    Provider provider,
    URI baseUrl,
    boolean mergesUsage,
    String priceVersion,
    List<Model> models,
    Resilience resilience) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,39}");

  /// First segments of paths that are ours or may become ours.
  private static final Set<String> RESERVED =
      Set.of(
          "account",
          "admin",
          "api",
          "approvals",
          "assets",
          "device",
          "health",
          "healthz",
          "mandates",
          "metrics",
          "notices",
          "oauth",
          "readyz",
          "signin",
          "signout",
          "t");

  public Upstream {
    if (!isFree(name)) {
      throw new IllegalArgumentException(
          "'%s' can't name an upstream, expected 1 to 40 of a-z, 0-9, - and _, and none of %s"
              .formatted(name, new TreeSet<>(RESERVED)));
    }
    models = List.copyOf(models);
  }

  /// With everything by default that deals with failures.
  public Upstream(
      TenantId tenant,
      String name,
      String displayName,
      Provider provider,
      URI baseUrl,
      boolean mergesUsage,
      String priceVersion,
      List<Model> models) {
    this(
        tenant,
        name,
        displayName,
        provider,
        baseUrl,
        mergesUsage,
        priceVersion,
        models,
        Resilience.DEFAULT);
  }

  public Upstream with(Resilience other) {
    return new Upstream(
        tenant, name, displayName, provider, baseUrl, mergesUsage, priceVersion, models, other);
  }

  /// Whether an upstream may be called this: its name is a path segment beside our own.
  public static boolean isFree(String name) {
    return NAME.matcher(name).matches() && !RESERVED.contains(name);
  }

  /// Where its calls go: scheme, host and port. What was entered for one origin is not for another.
  public String origin() {
    return Egress.origin(baseUrl);
  }

  /// The base URL that an SDK is given, which is also the resource that tokens name as audience
  /// (RFC 8707).
  public String resource(Issuer issuer) {
    return switch (provider) {
      case OPENAI, MISTRAL, OLLAMA, OPENAI_COMPATIBLE -> issuer.url("/" + name + "/v1");
      // Their SDKs add the path, version and all.
      case ANTHROPIC, GEMINI, AZURE_OPENAI, BEDROCK -> issuer.url("/" + name);
    };
  }

  public @Nullable Model model(String modelName) {
    for (Model model : models) {
      if (model.name().equals(modelName)) {
        return model;
      }
    }
    return null;
  }

  public SortedMap<String, Model> modelsByName() {
    return models.stream()
        .collect(Collectors.toMap(Model::name, m -> m, (a, _) -> a, TreeMap::new));
  }
}
