package dev.mandate.gateway.budgeting;

import dev.mandate.domain.budget.Amount;
import dev.mandate.domain.upstream.Api;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.prompting.Prompt;
import dev.mandate.gateway.routing.Endpoint;
import org.jspecify.annotations.Nullable;

/// The worst that one call can take (design §6), as a function of its output cap.
///
/// @param input tokens at most
/// @param count answers
/// @param extraOutput tokens that are charged as output beside the cap
/// @param inputPrice the dearest that applies, per million
/// @param outputPrice the dearest that applies, per million
/// @param price that the call is settled at
/// @param units that are no tokens
public record Worst(
    long input,
    int count,
    long extraOutput,
    long inputPrice,
    long outputPrice,
    Price price,
    long units) {
  /// More than any limit can be; keeps sums far from overflow.
  private static final long CEILING = 1_000_000_000_000_000L;

  private static final long MILLION = 1_000_000;

  /// What a chat template adds to a conversation.
  private static final long FIXED_TOKENS = 32;

  /// What a chat template adds to a message.
  private static final long ITEM_TOKENS = 8;

  /// Anthropic's tool instructions, and its own description of each typed tool.
  private static final long TOOL_TOKENS = 1024;

  /// What showing an image as it is made adds to its tokens (OpenAI, "Image generation").
  private static final long PREVIEW_TOKENS = 100;

  /// Nothing but the request.
  static Worst nothing(Price price) {
    return new Worst(0, 1, 0, 0, 0, price, 0);
  }

  static Worst of(Provider provider, Endpoint endpoint, Model model, Prompt prompt) {
    long input = input(endpoint, model, prompt);
    Price price = model.price().dearest(input);
    // OpenAI writes its cache unasked; Anthropic only where `cache_control` says so.
    boolean writesCache = prompt.writesCache() || provider.runsOpenAi();
    long inputPrice =
        writesCache ? price.dearestInput() : Math.max(price.input(), price.cachedInput());
    return new Worst(
        input,
        prompt.count(),
        prompt.predictionBytes() + PREVIEW_TOKENS * prompt.media().previews() * prompt.count(),
        endpoint.isMedia() ? Math.max(inputPrice, price.mediaInput()) : inputPrice,
        price.output(),
        model.price(),
        units(price.perUnit(), prompt));
  }

  private static long units(Price.@Nullable PerUnit perUnit, Prompt prompt) {
    return perUnit == null
        ? 0
        : switch (perUnit.unit()) {
          case IMAGE -> prompt.count();
          case CHARACTER -> prompt.media().characters();
          case SECOND -> Math.min(perUnit.most(), prompt.media().secondsMax());
        };
  }

  private static long input(Endpoint endpoint, Model model, Prompt prompt) {
    Price.PerUnit perUnit = model.price().perUnit();
    if (perUnit != null && model.price().input() == 0 && model.price().mediaInput() == 0) {
      // Its provider counts units, and no tokens.
      return 0;
    }
    if (prompt.wholeContext()) {
      return model.contextTokens();
    }
    long bound =
        prompt.textBytes()
            + ITEM_TOKENS * prompt.items()
            + FIXED_TOKENS
            + model.imageTokensMax() * prompt.images();
    boolean instructs = endpoint.api() == Api.ANTHROPIC || endpoint.api() == Api.BEDROCK;
    if (instructs && prompt.tools() > 0) {
      bound += TOOL_TOKENS * (1 + prompt.typedTools());
    }
    // Each text to embed has a context window of its own.
    return endpoint.embeds() ? bound : Math.min(bound, model.contextTokens());
  }

  /// Output tokens at most.
  public long output(long cap) {
    return Math.min(CEILING, Math.min(cap, CEILING / count) * count + extraOutput);
  }

  public Amount amount(long cap) {
    long output = output(cap);
    return new Amount(Math.min(CEILING, input + output), cost(output));
  }

  /// The cost of the worst input and this much output.
  public long cost(long output) {
    if (outputPrice > 0 && output > CEILING / outputPrice) {
      return CEILING;
    }
    return Math.min(
        CEILING, Math.ceilDiv(input * inputPrice + output * outputPrice + unitCost(), MILLION));
  }

  /// Scaled as the tokens' is.
  private long unitCost() {
    return price.unitPrice() > 0 && units > CEILING / price.unitPrice()
        ? CEILING
        : units * price.unitPrice();
  }

  /// The largest cap that fits what is left; below 1 when none does.
  long largestCap(long tokens, long costMicros) {
    long byTokens = tokens == Long.MAX_VALUE ? CEILING : (tokens - input - extraOutput) / count;
    long byCost = CEILING;
    if (costMicros < CEILING && outputPrice > 0) {
      long money =
          costMicros * MILLION - input * inputPrice - extraOutput * outputPrice - unitCost();
      byCost = money < 0 ? 0 : money / outputPrice / count;
    }
    return Math.min(byTokens, byCost);
  }

  /// The usage that a call is settled at when nothing is known of it.
  public Usage usage(long cap) {
    return Usage.of(input, output(cap)).withUnits(units);
  }
}
