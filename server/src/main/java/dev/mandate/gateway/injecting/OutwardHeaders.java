package dev.mandate.gateway.injecting;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.prompting.Multipart;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The header fields of an outgoing request: an allow-list of the caller's, and the provider's key.
/// Never the caller's credential, its cookies, or a choice of the provider's organization.
public final class OutwardHeaders {
  private static final Set<String> PASSED =
      Set.of(
          "accept", "user-agent", "anthropic-version", "x-client-request-id", "x-goog-api-client");
  private static final String SDK_PREFIX = "x-stainless-";
  private static final String BEDROCK_PREFIX = "x-amzn-bedrock-";
  private static final String BETA = "anthropic-beta";

  /// Beta features that change neither the price nor where state is kept.
  private static final Set<String> BETAS =
      Set.of(
          "prompt-caching-2024-07-31",
          "extended-cache-ttl-2025-04-11",
          "pdfs-2024-09-25",
          "token-counting-2024-11-01",
          "token-efficient-tools-2025-02-19",
          "fine-grained-tool-streaming-2025-05-14",
          "interleaved-thinking-2025-05-14",
          "thinking-token-count-2026-05-13",
          "thinking-display-updates-2026-08-18",
          "output-128k-2025-02-19",
          "computer-use-2024-10-22",
          "computer-use-2025-01-24",
          "computer-use-2025-11-24",
          "structured-outputs-2025-11-13",
          "model-context-window-exceeded-2025-08-26",
          "search-results-2025-06-09",
          "effort-2025-11-24",
          "tool-examples-2025-10-29");

  private OutwardHeaders() {}

  /// Refuses what must not go out, before anything is held for the call.
  ///
  /// @throws Refusal for a beta feature, or a choice of Bedrock's, that isn't allowed
  public static void check(Provider provider, MultiMap caller) {
    if (provider == Provider.BEDROCK) {
      for (String name : caller.names()) {
        if (name.toLowerCase(Locale.ROOT).startsWith(BEDROCK_PREFIX)) {
          throw Refusal.of(
              Refusal.Code.PARAMETER_NOT_ALLOWED,
              "the header field '"
                  + name.substring(0, Math.min(name.length(), 64))
                  + "' is not allowed here");
        }
      }
    }
    if (provider != Provider.ANTHROPIC || !caller.contains(BETA)) {
      return;
    }
    for (String value : caller.getAll(BETA)) {
      for (String beta : value.split(",", -1)) {
        String name = beta.strip();
        if (!name.isEmpty() && !BETAS.contains(name)) {
          throw Refusal.of(
              Refusal.Code.PARAMETER_NOT_ALLOWED,
              "anthropic-beta '"
                  + name.substring(0, Math.min(name.length(), 64))
                  + "' is not allowed here");
        }
      }
    }
  }

  public static void write(
      Provider provider, Secret providerKey, MandateId mandate, MultiMap caller, MultiMap out) {
    for (Map.Entry<String, String> field : caller) {
      String name = field.getKey().toLowerCase(Locale.ROOT);
      if (PASSED.contains(name)
          || name.startsWith(SDK_PREFIX)
          || (name.equals(BETA) && provider == Provider.ANTHROPIC)) {
        out.add(name, field.getValue());
      } else if (name.equals("idempotency-key")) {
        out.set(name, scoped(mandate, field.getValue()));
      }
    }
    // Of a form its boundary is in it, which was read as it stands (BodyReader).
    String type = caller.get("content-type");
    out.set("content-type", Multipart.isForm(type) ? type : "application/json");
    // Metering reads text.
    out.set("accept-encoding", "identity");
    authorize(provider, providerKey, out);
  }

  /// Where this provider reads its key.
  public static void authorize(Provider provider, Secret providerKey, MultiMap out) {
    switch (provider) {
      case OPENAI, MISTRAL, OLLAMA, OPENAI_COMPATIBLE ->
          out.set("authorization", "Bearer " + providerKey.reveal());
      case ANTHROPIC -> out.set("x-api-key", providerKey.reveal());
      case GEMINI -> out.set("x-goog-api-key", providerKey.reveal());
      case AZURE_OPENAI -> out.set("api-key", providerKey.reveal());
      case BEDROCK -> {
        // The whole request is signed with it (AwsSignature).
      }
    }
  }

  /// All mandates share one account at the provider: a key that two of them pick alike must not
  /// give one the other's answer.
  private static String scoped(MandateId mandate, String key) {
    byte[] both = (mandate + " " + key).getBytes(StandardCharsets.UTF_8);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(TokenHash.sha256(both));
  }
}
