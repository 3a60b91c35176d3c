package dev.mandate.app;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.PriceList;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An upstream's catalogue in the configuration file: names of the shipped price list, and models
/// of its own.
final class ConfiguredModels {
  private final PriceList prices;
  private final TenantTree.UpstreamSettings upstream;
  private final String at;

  /// @param at where the upstream stands in the file
  ConfiguredModels(PriceList prices, TenantTree.UpstreamSettings upstream, String at) {
    this.prices = prices;
    this.upstream = upstream;
    this.at = at;
  }

  /// @throws StartRefused for a name without a price, a model without its limits, or none at all
  List<Model> read() {
    List<Model> models = new ArrayList<>();
    if (upstream.models().isPresent()) {
      for (String name : upstream.models().get()) {
        models.add(shipped(name, at + ".models"));
      }
    } else if (upstream.catalogue().isEmpty()) {
      models.addAll(prices.of(upstream.provider()));
    }
    for (Map.Entry<String, TenantTree.ModelSettings> entry : upstream.catalogue().entrySet()) {
      models.add(model(entry.getKey(), entry.getValue()));
    }
    if (models.isEmpty()) {
      throw new StartRefused(
          at
              + ".catalogue is missing: there are no list prices of '"
              + upstream.provider().wire()
              + "'");
    }
    return models;
  }

  private Model shipped(String name, String where) {
    return prices.of(upstream.provider()).stream()
        .filter(model -> model.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new StartRefused(
                    "%s: '%s' has no price in the list of %s"
                        .formatted(where, name, prices.version())));
  }

  private Model model(String name, TenantTree.ModelSettings settings) {
    String here = at + ".catalogue." + name;
    Model like = settings.like().map(other -> shipped(other, here + ".like")).orElse(null);
    Set<Capability> capabilities =
        settings
            .capabilities()
            .map(names -> ConfiguredSeed.capabilities(names, here))
            .orElse(like == null ? Set.of() : like.capabilities());
    if (capabilities.isEmpty()) {
      throw new StartRefused(here + ".capabilities is missing, or say what it is `like`");
    }
    boolean writes =
        capabilities.stream().anyMatch(capability -> capability != Capability.EMBEDDINGS);
    return new Model(
        name,
        settings.displayName().orElse(name),
        capabilities,
        value(
            settings.contextTokens(),
            like == null ? null : like.contextTokens(),
            here,
            "context-tokens"),
        value(
            settings.outputTokensMax(),
            like == null ? writes ? null : 0L : Long.valueOf(like.outputTokensMax()),
            here,
            "output-tokens-max"),
        settings.imageTokensMax().orElse(like == null ? 0 : like.imageTokensMax()),
        price(settings, like, here),
        like == null ? Instant.EPOCH : like.releasedAt());
  }

  private static long value(OptionalLong set, @Nullable Long otherwise, String here, String name) {
    if (set.isPresent()) {
      return set.getAsLong();
    }
    if (otherwise == null) {
      throw new StartRefused(here + "." + name + " is missing, or say what it is `like`");
    }
    return otherwise;
  }

  private Price price(TenantTree.ModelSettings settings, @Nullable Model like, String here) {
    if (settings.price().isPresent()) {
      if (upstream.priceVersion().isEmpty()) {
        // Charged calls name it as that of their prices.
        throw new StartRefused(
            at + ".price-version is missing: " + here + " has a price of its own");
      }
      TenantTree.PriceSettings price = settings.price().get();
      return new Price(
              price.input(),
              price.cachedInput().orElse(price.input()),
              price.cacheWrite().orElse(price.input()),
              price.cacheWrite().orElse(price.input()),
              price.output())
          .with(
              price.mediaInput().orElse(price.input()),
              price
                  .perUnit()
                  .map(unit -> new Price.PerUnit(unit.unit(), unit.price(), unit.most()))
                  .orElse(null));
    }
    if (like == null) {
      throw new StartRefused(here + ".price is missing, or say what it is `like`");
    }
    return like.price();
  }
}
