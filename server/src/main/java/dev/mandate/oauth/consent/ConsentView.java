package dev.mandate.oauth.consent;

import dev.mandate.domain.credential.WhoPays;
import dev.mandate.platform.html.Words;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the consent page shows.
///
/// @param app the client's name
/// @param destination the redirect host
/// @param userCode that the device shows which waits for the answer; null where an app does
/// @param local whether the answer goes to an app on this device
/// @param username who is asked
/// @param organisation whose keys pay
/// @param action where the form goes
/// @param back where signing out leads: to this request again
/// @param signOut proof for the form that changes the person
/// @param summary all of it in a few sentences
/// @param keptFor how long some of what is asked and answered is kept, in words; null when none is
/// @param tiers of models that it may use, in words; empty when it names none
/// @param prompts that need a word of their own, and that it may send; empty when it asks for none
/// @param identity what the app learns of the person, in words; empty when nothing
/// @param admin what the app may administer, in words; empty when nothing
/// @param lost what can't be given at all
/// @param lasts the longest choice in words
/// @param until the moment when that ends
/// @param problems what is wrong with the form that was sent, with the field's id
public record ConsentView(
    String app,
    String destination,
    @Nullable String userCode,
    boolean local,
    String username,
    String organisation,
    String action,
    String csrf,
    String back,
    String signOut,
    List<String> summary,
    @Nullable String keptFor,
    List<PartView> parts,
    List<String> tiers,
    List<String> prompts,
    List<String> identity,
    List<AdminView> admin,
    List<String> lost,
    List<ExpiryView> expiries,
    String lasts,
    String until,
    List<ProblemView> problems) {

  /// @param field the name prefix of its fields
  /// @param payer whose key pays
  /// @param prompts that it is for, in words; null for any
  public record PartView(
      String field,
      String upstream,
      WhoPays.Payer payer,
      List<OptionView> models,
      List<OptionView> capabilities,
      List<LimitView> limits,
      @Nullable String prompts,
      List<String> cuts,
      String until,
      boolean endsEarlier) {}

  /// @param about what these are about
  public record AdminView(String about, List<String> may) {
    public AdminView {
      may = List.copyOf(may);
    }
  }

  public record OptionView(
      String name, String value, String label, @Nullable String hint, boolean checked) {}

  /// @param most as the field's `max`; null when there is no bound
  public record LimitView(
      String name,
      String label,
      String unit,
      String hint,
      String value,
      @Nullable String most,
      String step,
      String least,
      @Nullable String problem,
      boolean money) {
    public String id() {
      return name.replace('.', '-');
    }
  }

  public record ExpiryView(long seconds, String label, boolean selected) {}

  public record ProblemView(String id, String label, String message) {}

  public String lostInWords() {
    return Words.list(lost);
  }

  /// What is wrong with a field; null when nothing is.
  public @Nullable String problem(String id) {
    return problems.stream()
        .filter(problem -> problem.id().equals(id))
        .map(ProblemView::message)
        .findFirst()
        .orElse(null);
  }
}
