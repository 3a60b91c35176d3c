package dev.mandate.console;

import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.upstream.UpstreamHealth.Health;
import dev.mandate.platform.html.Words;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What the pages about credentials show.
public final class CredentialViews {
  private CredentialViews() {}

  /// @param notice what was just done; null when nothing was
  /// @param problem what is wrong with the form that was sent; null when nothing is
  public record AdminView(
      List<UpstreamView> upstreams, @Nullable String notice, @Nullable String problem) {}

  /// @param words what holds here for a person's own keys; on the administrators' page how it is
  /// @param action where a new one is posted
  /// @param add proof for that form; null for who may only look
  public record UpstreamView(
      String id,
      String name,
      @Nullable String words,
      List<VersionView> versions,
      String action,
      @Nullable String add) {}

  /// @param tone which colour the state has: `good`, `off` or `bad`
  /// @param lastError in words; null when there was none
  /// @param action where its buttons post to
  /// @param proof for them; null for who may only look
  /// @param takes whether new calls go out with it
  public record VersionView(
      String id,
      String hint,
      String state,
      String tone,
      String weight,
      String age,
      String added,
      String lastUsed,
      @Nullable String lastError,
      String action,
      @Nullable String proof,
      boolean takes) {}

  /// How an upstream is, as this server's own calls find it; null when there were none.
  static @Nullable String health(Health health, Instant now) {
    String failed =
        health.failedAt() == null
            ? "."
            : "; it last failed %s (%s)."
                .formatted(
                    Words.ago(health.failedAt(), now),
                    health.lastFailure() == null
                        ? "no answer"
                        : health.lastFailure().wire().replace('_', ' '));
    return switch (health.state()) {
      case UNKNOWN -> null;
      case UP -> "It answers" + failed;
      case TRYING ->
          "It has failed too often; single calls find out whether it works again" + failed;
      case DOWN ->
          "It has failed too often; its calls are refused, or go to its fallbacks" + failed;
    };
  }

  static VersionView version(
      Stored stored, Instant now, ZoneId zone, String action, @Nullable String proof) {
    boolean takes = stored.takesCalls();
    String state =
        switch (stored.state()) {
          case ACTIVE -> takes ? "In use" : "Waiting";
          case DRAINING -> "Draining";
          case REJECTED -> "Rejected";
          case RETIRED -> "Out of use";
        };
    String tone =
        switch (stored.state()) {
          case ACTIVE -> takes ? "good" : "off";
          case DRAINING, RETIRED -> "off";
          case REJECTED -> "bad";
        };
    return new VersionView(
        stored.id(),
        stored.hint().isEmpty() ? "…" : "…" + stored.hint(),
        state,
        tone,
        takes ? Integer.toString(stored.weight()) : "–",
        Words.count(Duration.between(stored.createdAt(), now).toDays(), "day"),
        Words.moment(stored.createdAt(), zone),
        stored.lastUsedAt() == null ? "Never" : Words.ago(stored.lastUsedAt(), now),
        stored.lastErrorAt() == null
            ? null
            : "refused by the provider " + Words.ago(stored.lastErrorAt(), now),
        action,
        proof,
        takes);
  }

  static String word(ProviderDesk.Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }
}
