package dev.mandate.console;

import dev.mandate.platform.crypto.Secret;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the console's pages show.
public final class ConsoleViews {
  private ConsoleViews() {}

  /// @param live neither revoked nor expired
  /// @param ended the others
  /// @param notice what was just done; null when nothing was
  public record ListView(
      List<MandateCard> live, List<MandateCard> ended, @Nullable String notice) {}

  /// @param mintForm null when no key can be made
  /// @param problem what is wrong with the form that was sent; null when nothing is
  public record DetailsView(
      MandateCard card,
      List<CallView> calls,
      List<KeyView> keys,
      @Nullable MintView mintForm,
      @Nullable String problem) {}

  public record CallView(
      String when,
      String endpoint,
      String upstream,
      String model,
      String tokens,
      String cost,
      String outcome,
      boolean failed) {}

  /// @param revoke proof for the form that revokes it; null when there is nothing to revoke
  public record KeyView(
      String name,
      String hint,
      String status,
      boolean live,
      String until,
      String lastUsed,
      String action,
      @Nullable String revoke) {}

  /// @param name to be shown again after a refusal
  public record MintView(String action, String csrf, String name, List<LifeView> lives) {}

  public record LifeView(long days, String label, boolean selected) {}

  /// @param value the key itself, shown this once
  public record MintedView(
      String name, Secret value, String app, String until, String back, List<UseView> uses) {}

  /// How a tool is told to use the key: in which environment variables.
  public record UseView(String upstream, String prefix, String baseUrl) {}

  public record AccountView(
      String name, String username, String role, String organisation, String since, String until) {}

  public record LandingView(String organisation) {}

  /// @param sections those that the visitor may open
  public record AdminView(List<SectionView> sections) {}

  public record SectionView(String path, String name, String words) {}
}
