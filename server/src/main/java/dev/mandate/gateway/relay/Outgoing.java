package dev.mandate.gateway.relay;

import dev.mandate.domain.ratelimit.Pass;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.budgeting.Holds;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.injecting.AwsSignature;
import dev.mandate.gateway.mandating.OtherKeys;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Target;
import dev.mandate.gateway.prompting.Prompt;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Route;
import dev.mandate.platform.observe.RequestFacts;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A call that may go out, with all that was decided about it.
///
/// @param providerKey that it goes out with first
/// @param pass what it has taken of its rate limits
/// @param waitedNanos for the caller's body
/// @param query to send on; null for none
/// @param stripsUsage whether usage is in the stream only because we asked for it
/// @param keeper of what the provider keeps of it; null when that is nothing
/// @param elsewhere where it goes when its upstream does not serve it
/// @param from where it was first; null when that is here
public record Outgoing(
    RequestFacts facts,
    long waitedNanos,
    HttpServerRequest exchange,
    Route route,
    Target target,
    ProviderKey providerKey,
    OtherKeys otherKeys,
    Caller caller,
    Standing standing,
    Standing.Entry entry,
    Prompt prompt,
    Holds.Hold hold,
    Pass pass,
    Buffer body,
    @Nullable String query,
    boolean stripsUsage,
    @Nullable Keeper keeper,
    Elsewhere elsewhere,
    Elsewhere.@Nullable From from) {

  /// OpenAI's models that make no tokens which the answer doesn't show.
  private static final List<String> OPEN_BOOKS = List.of("gpt-3.5", "gpt-4", "chatgpt-4o");

  /// Anthropic's models that think only where the request says so; later ones do by themselves, and
  /// show nothing of it by default.
  private static final List<String> THINK_WHEN_ASKED =
      List.of("claude-3", "claude-haiku-4", "claude-sonnet-4", "claude-opus-4");

  /// The request's.
  String id() {
    return facts.id();
  }

  Provider provider() {
    return target.provider();
  }

  Endpoint endpoint() {
    return route.endpoint();
  }

  /// Path and query of the request upstream.
  String uri() {
    String path = target.basePath() + route.upstreamPath(provider());
    return query == null ? path : path + "?" + query;
  }

  /// What a signature is over.
  AwsSignature.Request signed() {
    return new AwsSignature.Request(
        "POST",
        target.basePath() + route.upstreamPath(provider()),
        query == null ? "" : query,
        AwsSignature.host(target.host(), target.port(), target.tls()),
        body);
  }

  /// When the rights that it was admitted under end by themselves.
  Instant rightsEnd() {
    Instant access = entry.access().expiresAt();
    Instant mandate = standing.rights() == null ? access : standing.rights().mandate().expiresAt();
    return access.isBefore(mandate) ? access : mandate;
  }

  /// Frees its place, and counts its true tokens against its rate limits.
  void endPass(Settlement.@Nullable Booked booked) {
    if (booked == null || booked.isUnsent()) {
      pass.withdraw();
    } else {
      pass.end(booked.usage().allInput() + booked.usage().output());
    }
  }

  /// Whether the provider may charge output that the answer doesn't show (design §5: then a hang-up
  /// settles at the full reserve).
  boolean mayHideOutput() {
    return prompt.reasons()
        || switch (provider()) {
          case OPENAI -> OPEN_BOOKS.stream().noneMatch(prompt.model()::startsWith);
          // Whatever they call it, it may be a model that thinks unseen.
          case AZURE_OPENAI, GEMINI, OPENAI_COMPATIBLE, BEDROCK -> true;
          case ANTHROPIC -> THINK_WHEN_ASKED.stream().noneMatch(prompt.model()::startsWith);
          // What these think, they show.
          case MISTRAL, OLLAMA -> false;
        };
  }
}
