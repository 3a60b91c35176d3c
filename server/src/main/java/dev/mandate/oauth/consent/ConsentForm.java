package dev.mandate.oauth.consent;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.upstream.Model;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.Parameters;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the consent form against the offer that it was drawn from.
///
/// Nothing in it can widen the offer: a model, capability, limit or time beyond it is an error on
/// the page, never taken and never silently cut. A part of which no field at all came is taken as
/// offered: a browser always sends the limits' fields, a script that approves need not know them.
final class ConsentForm {
  static final String EXPIRES = "expires_in";
  private static final int NUMBER_CHARACTERS_MAX = 20;
  private static final int MICROS_DIGITS = 6;
  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,15}");
  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(?:\\.[0-9]{1,6})?");

  private final Parameters form;
  private final Offer offer;
  private final Map<String, String> wrong = new LinkedHashMap<>();

  private ConsentForm(Parameters form, Offer offer) {
    this.form = form;
    this.offer = offer;
  }

  static Choice read(Parameters form, Offer offer) {
    return new ConsentForm(form, offer).read();
  }

  static String field(int part, String name) {
    return "access." + part + "." + name;
  }

  private Choice read() {
    List<Choice.GivenPart> parts = new ArrayList<>();
    for (int i = 0; i < offer.parts().size(); i++) {
      Choice.GivenPart part = part(i, offer.parts().get(i));
      if (part != null) {
        parts.add(part);
      }
    }
    Duration lifetime = lifetime();
    if (wrong.isEmpty() && parts.isEmpty() && !offer.parts().isEmpty()) {
      wrong.putIfAbsent(
          field(0, "models"),
          "You left no model to use. Choose at least one, or deny the request.");
    }
    return wrong.isEmpty() ? new Choice.Given(parts, lifetime) : new Choice.Wrong(wrong);
  }

  /// Null when the person took all of it away.
  private Choice.@Nullable GivenPart part(int index, Offer.Part offered) {
    String prefix = field(index, "");
    Set<String> offeredModels = new LinkedHashSet<>();
    offered.models().forEach(model -> offeredModels.add(model.name()));
    if (form.names().stream().noneMatch(name -> name.startsWith(prefix))) {
      return new Choice.GivenPart(
          offered, offeredModels, new TreeSet<>(offered.capabilities()), offered.limits());
    }
    Set<String> models = chosen(field(index, "models"), offeredModels);
    Set<String> wires = new LinkedHashSet<>();
    offered.capabilities().forEach(capability -> wires.add(capability.wire()));
    Set<Capability> capabilities = new TreeSet<>();
    for (String wire : chosen(field(index, "capabilities"), wires)) {
      Capability capability = Capability.ofWire(wire);
      if (capability != null) {
        capabilities.add(capability);
      }
    }
    Limits limits = limits(index, offered.limits());
    if (models.isEmpty()) {
      return null;
    }
    if (capabilities.isEmpty()) {
      wrong.putIfAbsent(
          field(index, "capabilities"),
          "Choose at least one thing that the app may do, or take all models away.");
      return null;
    }
    models.removeIf(name -> !usable(offered, name, capabilities));
    if (models.isEmpty()) {
      wrong.putIfAbsent(
          field(index, "capabilities"),
          "None of the models that you chose can do this. Choose more of either.");
      return null;
    }
    return new Choice.GivenPart(offered, models, capabilities, limits);
  }

  private static boolean usable(Offer.Part offered, String name, Set<Capability> capabilities) {
    Model model = offered.upstream().model(name);
    return model != null && model.capabilities().stream().anyMatch(capabilities::contains);
  }

  private Set<String> chosen(String field, Set<String> offered) {
    Set<String> chosen = new LinkedHashSet<>();
    for (String value : form.all(field)) {
      if (!offered.contains(value)) {
        wrong.putIfAbsent(field, "The form names something that is not yours to give.");
      }
      chosen.add(value);
    }
    return chosen;
  }

  private Limits limits(int index, Limits offered) {
    return Limits.each(
        limit -> {
          String field = field(index, name(limit));
          Long most = offered.bound(limit);
          return limit.unit() == Unit.COST_MICROS ? money(field, most) : whole(field, most);
        });
  }

  /// The field of a limit.
  static String name(Limit limit) {
    return limit == Limit.COST_MICROS ? "cost" : limit.wire();
  }

  private @Nullable Long whole(String field, @Nullable Long most) {
    return number(
        field,
        most,
        text -> WHOLE.matcher(text).matches() ? Long.valueOf(text) : null,
        Words::number,
        "a whole number");
  }

  private @Nullable Long money(String field, @Nullable Long most) {
    return number(
        field,
        most,
        text ->
            DECIMAL.matcher(text).matches()
                ? Long.valueOf(new BigDecimal(text).movePointRight(MICROS_DIGITS).longValueExact())
                : null,
        Words::money,
        "an amount like 5.00");
  }

  private @Nullable Long number(
      String field,
      @Nullable Long most,
      Function<String, @Nullable Long> reading,
      Function<Long, String> words,
      String kind) {
    if (!form.has(field)) {
      return most;
    }
    String sent = form.one(field);
    String text = sent == null ? "" : sent.strip();
    if (text.isEmpty()) {
      if (most != null) {
        wrong.putIfAbsent(field, "Enter %s of at most %s.".formatted(kind, words.apply(most)));
      }
      return most;
    }
    Long value = text.length() > NUMBER_CHARACTERS_MAX ? null : reading.apply(text);
    if (value == null) {
      wrong.putIfAbsent(field, "That is not a number this takes. Enter " + kind + ".");
      return most;
    }
    if (most != null && value > most) {
      wrong.putIfAbsent(field, "You can give at most %s.".formatted(words.apply(most)));
      return most;
    }
    if (value == 0 && (most == null || most > 0)) {
      wrong.putIfAbsent(field, "Zero would allow nothing. Enter more, or deny the request.");
      return most;
    }
    return value;
  }

  private Duration lifetime() {
    String sent = form.one(EXPIRES);
    if (sent == null) {
      return offer.lifetime();
    }
    if (!WHOLE.matcher(sent).matches() || Long.parseLong(sent) < 1) {
      wrong.putIfAbsent(EXPIRES, "Choose how long this holds.");
      return offer.lifetime();
    }
    Duration chosen = Duration.ofSeconds(Long.parseLong(sent));
    if (chosen.compareTo(offer.lifetime()) > 0) {
      wrong.putIfAbsent(
          EXPIRES, "You can give at most %s.".formatted(Words.duration(offer.lifetime())));
      return offer.lifetime();
    }
    return chosen;
  }
}
