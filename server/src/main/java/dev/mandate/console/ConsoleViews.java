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

  /// @param purpose whose mandate it spends, or that it is of the admin API
  /// @param owner for an administrator; empty on the person's own pages
  /// @param soon whether it ends within two weeks
  /// @param leaked where it was found; null when it was not
  /// @param former until when the secret before works too; null when it doesn't
  /// @param narrowed what it may do less than its mandate, and from where; null for nothing less
  /// @param action where its forms post to, without the verb
  /// @param revoke proof for the form that revokes it; null when there is nothing to revoke
  /// @param rotate proof for the form that rotates it; null where that is not offered
  public record KeyView(
      String id,
      String name,
      String hint,
      String purpose,
      String owner,
      String status,
      boolean live,
      boolean soon,
      @Nullable String leaked,
      String until,
      @Nullable String former,
      @Nullable String narrowed,
      String lastUsed,
      String action,
      @Nullable String revoke,
      @Nullable String rotate) {}

  /// @param typed what was entered, to be shown again after a refusal
  public record MintView(String action, String csrf, TypedView typed, List<LifeView> lives) {}

  /// What was entered for a new key.
  public record TypedView(
      String name,
      String models,
      String addresses,
      String requests,
      String tokensPerDay,
      String cost) {
    public static final TypedView NOTHING = new TypedView("", "", "", "", "", "");

    /// Whether more than a name was entered.
    public boolean narrows() {
      return !(models + addresses + requests + tokensPerDay + cost).isEmpty();
    }
  }

  public record LifeView(long days, String label, boolean selected) {}

  /// @param mandates to choose from; empty when no key can be made
  /// @param scopes that a key of the admin API can have; empty when the person makes none
  /// @param all where the keys of everybody are; null for who may not look
  public record KeysView(
      List<KeyView> live,
      List<KeyView> ended,
      List<ChoiceView> mandates,
      MintView mint,
      MintView scoped,
      List<String> scopes,
      @Nullable String all,
      @Nullable String notice,
      @Nullable String problem) {}

  public record ChoiceView(String id, String label) {}

  /// @param older where the next page is; null on the last
  public record AllKeysView(List<KeyView> keys, @Nullable String older, @Nullable String notice) {}

  /// @param value the key itself, shown this once
  /// @param app what it is for
  /// @param former until when the secret before works too; null for a new key
  public record MintedView(
      String name,
      Secret value,
      String app,
      String until,
      @Nullable String former,
      String back,
      List<UseView> uses) {}

  /// How a tool is told to use the key: in which environment variables.
  public record UseView(String upstream, String prefix, String baseUrl) {}

  public record AccountView(
      String name, String username, String role, String organisation, String since, String until) {}

  public record LandingView(String organisation) {}

  /// @param sections those that the visitor may open
  public record AdminView(List<SectionView> sections) {}

  public record SectionView(String path, String name, String words) {}
}
