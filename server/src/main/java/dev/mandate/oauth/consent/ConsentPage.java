package dev.mandate.oauth.consent;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.promptlog.PromptLogPolicy;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.session.SignedIn;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tier.ModelTiers;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.oauth.authorize.PendingRequests;
import dev.mandate.oauth.scope.Scopes;
import dev.mandate.platform.html.Page;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.Parameters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Draws the offer, with what the person has entered where a form was sent already.
///
/// @param keeps whether the tenant keeps what is asked and answered
/// @param sent the form; empty on the first visit
/// @param wrong by field
record ConsentPage(
    Issuer issuer,
    Tenant tenant,
    Client client,
    SignedIn signedIn,
    PendingAuthorization pending,
    PromptLogPolicy keeps,
    Instant now,
    Parameters sent,
    Map<String, String> wrong) {

  /// Shorter lives that the person can choose from. Limits that are always shown.
  private static final List<Limit> COMMON =
      List.of(Limit.COST_MICROS, Limit.REQUESTS, Limit.TOKENS_PER_REQUEST, Limit.TOKENS_PER_DAY);

  private static final List<Duration> LIVES =
      List.of(
          Duration.ofMinutes(15),
          Duration.ofHours(1),
          Duration.ofHours(8),
          Duration.ofDays(1),
          Duration.ofDays(7),
          Duration.ofDays(14),
          Duration.ofDays(30),
          Duration.ofDays(90));

  static String form(PendingAuthorization pending) {
    return "consent/" + pending.id();
  }

  static String action(Issuer issuer, PendingAuthorization pending) {
    return issuer.root() + "/oauth/consent/" + pending.id();
  }

  ConsentPage withWrong(Map<String, String> found) {
    return new ConsentPage(issuer, tenant, client, signedIn, pending, keeps, now, sent, found);
  }

  Page page(Offer offer) {
    Destination destination = Destination.of(pending.redirectUri());
    if (offer.isNothing()) {
      NothingView view =
          new NothingView(
              client.name(),
              signedIn.user().displayName(),
              tenant.name(),
              offer.lost(),
              action(issuer, pending),
              Csrf.token(signedIn.cookie(), form(pending)),
              PendingRequests.path(pending).value(),
              Csrf.token(signedIn.cookie(), Sessions.SIGN_OUT));
      return Page.of("nothing", "You can't give " + client.name() + " this", issuer.root(), view)
          .leadingTo(destination.formSource());
    }
    String title = (wrong.isEmpty() ? "" : "Error: ") + client.name() + " asks for access";
    return Page.of("consent", title, issuer.root(), view(offer, destination))
        .leadingTo(destination.formSource());
  }

  private ConsentView view(Offer offer, Destination destination) {
    List<ConsentView.PartView> parts = new ArrayList<>();
    for (int i = 0; i < offer.parts().size(); i++) {
      parts.add(part(i, offer));
    }
    List<ConsentView.ProblemView> problems = new ArrayList<>();
    wrong.forEach(
        (field, message) ->
            problems.add(
                new ConsentView.ProblemView(field.replace('.', '-'), label(field), message)));
    return new ConsentView(
        client.name(),
        destination.name(),
        pending.userCode(),
        destination.local(),
        signedIn.user().displayName(),
        tenant.name(),
        action(issuer, pending),
        Csrf.token(signedIn.cookie(), form(pending)),
        PendingRequests.path(pending).value(),
        Csrf.token(signedIn.cookie(), Sessions.SIGN_OUT),
        summary(offer),
        keeps.isOn() ? Words.duration(keeps.kept()) : null,
        parts,
        tiers(offer),
        offer.categories().stream().map(PromptCategory::displayName).toList(),
        identity(offer),
        AdminWords.grouped(offer.administers()),
        offer.lost(),
        expiries(offer.lifetime()),
        Words.duration(offer.lifetime()),
        Words.moment(now.plus(offer.lifetime()), tenant.zone()),
        problems);
  }

  private static @Nullable String prompts(Offer.Part part) {
    Set<String> names = part.categories();
    if (names == null) {
      return null;
    }
    return names.isEmpty()
        ? "none that has a category"
        : Words.list(new TreeSet<>(names).stream().map(n -> n.replace('_', ' ')).toList());
  }

  private static List<String> tiers(Offer offer) {
    ModelTiers tiers = new ModelTiers(offer.tiers());
    return offer.tiers().stream()
        .map(
            tier ->
                tier.displayName()
                    + (tier.elevated() ? " (elevated, closed to other apps): " : ": ")
                    + Words.list(
                        offer.parts().stream()
                            .flatMap(
                                part ->
                                    part.models().stream()
                                        .filter(
                                            model ->
                                                tier.equals(
                                                    tiers.of(part.upstream().name(), model.name())))
                                        .map(Model::displayName))
                            .toList()))
        .toList();
  }

  private static String label(String field) {
    return switch (field.substring(field.lastIndexOf('.') + 1)) {
      case "models" -> "Models";
      case "capabilities" -> "What it may do";
      case "cost" -> LimitWords.label(Limit.COST_MICROS);
      default -> {
        Limit limit = Limit.ofWire(field.substring(field.lastIndexOf('.') + 1));
        yield limit == null ? "How long" : LimitWords.label(limit);
      }
    };
  }

  /// What approving comes to, in plain words.
  private List<String> summary(Offer offer) {
    List<String> lines = new ArrayList<>();
    for (Offer.Part part : offer.parts()) {
      Limits limits = part.limits();
      String money =
          limits.bounded().stream()
              .filter(limit -> limit.unit() == Unit.COST_MICROS)
              .map(limit -> LimitWords.of(limit, limits.most(limit)))
              .reduce((one, other) -> one + " and " + other)
              .map(all -> "up to " + all)
              .orElse("without a limit on money");
      String requests =
          limits.bounded().stream()
              .filter(limit -> limit.unit() == Unit.REQUESTS)
              .map(limit -> LimitWords.of(limit, limits.most(limit)))
              .reduce((one, other) -> one + " and " + other)
              .map(all -> ", in " + all)
              .orElse("");
      lines.add(
          "If you approve, it can spend %s at %s%s, until %s (%s)."
              .formatted(
                  money,
                  part.upstream().displayName(),
                  requests,
                  Words.moment(now.plus(part.lifetime()), tenant.zone()),
                  Words.duration(part.lifetime())));
    }
    if (!offer.administers().isEmpty()) {
      lines.add(
          "If you approve, it may administer %s as you may, until %s."
              .formatted(tenant.name(), Words.moment(now.plus(offer.lifetime()), tenant.zone())));
    }
    return lines;
  }

  private static List<String> identity(Offer offer) {
    List<String> identity = new ArrayList<>();
    if (offer.scopes().contains(Scopes.OPENID)) {
      identity.add("Know that it is you");
    }
    if (offer.scopes().contains(Scopes.PROFILE)) {
      identity.add("See your name and user name");
    }
    return identity;
  }

  private ConsentView.PartView part(int index, Offer offer) {
    Offer.Part part = offer.parts().get(index);
    String prefix = ConsentForm.field(index, "");
    boolean entered = sent.names().stream().anyMatch(name -> name.startsWith(prefix));
    String models = prefix + "models";
    String capabilities = prefix + "capabilities";
    List<ConsentView.OptionView> modelOptions = new ArrayList<>();
    for (Model model : part.models()) {
      modelOptions.add(
          new ConsentView.OptionView(
              models,
              model.name(),
              model.displayName(),
              price(model.price()),
              !entered || sent.all(models).contains(model.name())));
    }
    List<ConsentView.OptionView> capabilityOptions = new ArrayList<>();
    for (Capability capability : part.capabilities()) {
      capabilityOptions.add(
          new ConsentView.OptionView(
              capabilities,
              capability.wire(),
              capability.words(),
              null,
              !entered || sent.all(capabilities).contains(capability.wire())));
    }
    return new ConsentView.PartView(
        "access-" + index,
        part.upstream().displayName(),
        part.payer(),
        modelOptions,
        capabilityOptions,
        limits(prefix, part.limits()),
        prompts(part),
        part.cuts(),
        Words.moment(now.plus(part.lifetime()), tenant.zone()),
        part.lifetime().compareTo(offer.lifetime()) < 0);
  }

  private static String price(Price price) {
    return "%s in, %s out per million tokens"
        .formatted(Words.money(price.input()), Words.money(price.output()));
  }

  /// The common ones always, for a person may want to set them; others where they are offered.
  private List<ConsentView.LimitView> limits(String prefix, Limits limits) {
    Set<Limit> shown = new LinkedHashSet<>(COMMON);
    shown.addAll(limits.bounded());
    List<ConsentView.LimitView> views = new ArrayList<>();
    for (Limit limit : shown) {
      boolean money = limit.unit() == Unit.COST_MICROS;
      String name = prefix + ConsentForm.name(limit);
      String unit = money ? "" : limit.unit().wire();
      views.add(limit(name, LimitWords.label(limit), unit, limits.bound(limit), money));
    }
    return views;
  }

  private ConsentView.LimitView limit(
      String name, String label, String unit, @Nullable Long most, boolean money) {
    Function<Long, String> words = money ? Words::money : Words::number;
    Function<Long, String> plain = money ? Words::decimal : String::valueOf;
    String offered = most == null ? "" : plain.apply(most);
    String value = offered;
    if (sent.has(name)) {
      // Shown again as entered, even when there are several: the first is what the person sees.
      value = sent.all(name).getFirst();
    }
    return new ConsentView.LimitView(
        name,
        label,
        unit,
        most == null ? "No limit unless you set one" : "At most " + words.apply(most),
        value,
        most == null ? null : offered,
        money ? "any" : "1",
        most != null && most == 0 ? "0" : money ? "0.000001" : "1",
        wrong.get(name),
        money);
  }

  private List<ConsentView.ExpiryView> expiries(Duration most) {
    String chosen = sent.has(ConsentForm.EXPIRES) ? sent.all(ConsentForm.EXPIRES).getFirst() : "";
    List<ConsentView.ExpiryView> expiries = new ArrayList<>();
    for (Duration life : LIVES) {
      if (life.compareTo(most) < 0) {
        expiries.add(expiry(life, chosen.equals(String.valueOf(life.toSeconds()))));
      }
    }
    boolean noneChosen = expiries.stream().noneMatch(ConsentView.ExpiryView::selected);
    expiries.add(expiry(most, noneChosen));
    return expiries;
  }

  private ConsentView.ExpiryView expiry(Duration life, boolean selected) {
    return new ConsentView.ExpiryView(
        life.toSeconds(),
        Words.duration(life) + ", until " + Words.moment(now.plus(life), tenant.zone()),
        selected);
  }
}
