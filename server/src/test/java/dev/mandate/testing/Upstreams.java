package dev.mandate.testing;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/// Upstreams with small catalogues.
public final class Upstreams {
  public static final String CHAT_MODEL = "gpt-test";
  public static final String EMBEDDING_MODEL = "embedding-test";
  public static final String CLAUDE_MODEL = "claude-test";

  private static final Price PRICE = new Price(1_000_000, 100_000, 1_250_000, 2_000_000, 4_000_000);

  private Upstreams() {}

  public static Upstream openai(TenantId tenant, URI baseUrl) {
    return new Upstream(
        tenant,
        "openai",
        "OpenAI",
        Provider.OPENAI,
        baseUrl,
        true,
        "test-1",
        List.of(
            model(CHAT_MODEL, Set.of(Capability.CHAT, Capability.RESPONSES)),
            model(EMBEDDING_MODEL, Set.of(Capability.EMBEDDINGS))));
  }

  /// As [#openai], under another name.
  public static Upstream named(
      TenantId tenant, String name, Provider provider, URI baseUrl, Model... models) {
    return new Upstream(tenant, name, name, provider, baseUrl, true, "test-1", List.of(models));
  }

  public static Upstream anthropic(TenantId tenant, URI baseUrl) {
    return new Upstream(
        tenant,
        "anthropic",
        "Anthropic",
        Provider.ANTHROPIC,
        baseUrl,
        false,
        "test-1",
        List.of(model(CLAUDE_MODEL, Set.of(Capability.CHAT, Capability.MESSAGES))));
  }

  /// A dollar for a million tokens of input, four for output.
  public static Model model(String name, Set<Capability> capabilities) {
    return new Model(
        name,
        "Model " + name,
        capabilities,
        128_000,
        16_000,
        2_000,
        PRICE,
        Instant.parse("2026-01-01T00:00:00Z"));
  }
}
