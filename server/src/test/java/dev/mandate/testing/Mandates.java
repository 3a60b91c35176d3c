package dev.mandate.testing;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.user.User;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Mandates that were given at [TestClock#START] for 30 days.
public final class Mandates {
  public static final Instant EXPIRES_AT = TestClock.START.plus(Duration.ofDays(30));

  private Mandates() {}

  /// @param user null for one that the tenant itself gave
  public static Mandate mandate(
      String id, Client client, @Nullable User user, LlmAccess... access) {
    return new Mandate(
        client.tenant(),
        new MandateId(id),
        client.id(),
        user == null ? null : user.id(),
        new TreeSet<>(Set.of("offline_access")),
        List.of(access),
        TestClock.START,
        EXPIRES_AT,
        null,
        null);
  }

  /// The same delegated onward.
  public static Mandate child(String id, Mandate parent) {
    return new Mandate(
        parent.tenant(),
        new MandateId(id),
        parent.client(),
        parent.user(),
        parent.scopes(),
        parent.access(),
        parent.createdAt(),
        parent.expiresAt(),
        null,
        parent.id());
  }

  /// Chat at `openai` with these limits.
  public static LlmAccess chat(Limits limits) {
    return new LlmAccess(
        "openai",
        new TreeSet<>(Set.of(Upstreams.CHAT_MODEL)),
        Set.of(Capability.CHAT),
        limits,
        EXPIRES_AT);
  }

  /// Messages at `anthropic` with these limits.
  public static LlmAccess messages(Limits limits) {
    return new LlmAccess(
        "anthropic",
        new TreeSet<>(Set.of(Upstreams.CLAUDE_MODEL)),
        Set.of(Capability.MESSAGES),
        limits,
        EXPIRES_AT);
  }
}
