package dev.mandate.gateway;

import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.platform.metrics.Amounts;
import dev.mandate.platform.metrics.Label;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.platform.metrics.Timers;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What calls to providers took, by OpenTelemetry's semantic conventions for generative AI, for
/// dashboards that know these names. Models are those of catalogues, up to a bound: a call gets
/// here only when its model was found in one.
public final class GenAiMeters {
  static final int MODELS_MAX = 100;

  /// As the conventions advise.
  private static final List<Double> TOKENS =
      Stream.iterate(1.0, bound -> bound * 4).limit(14).toList();

  /// What `error.type` can be; a refusal that cut the call is `cut`.
  private static final List<String> ERRORS =
      List.of(Label.NONE, "upstream_error", "hung_up", "cut", "unsent");

  private final Label<String> operation =
      Label.texts(
          "gen_ai_operation_name",
          Stream.of(Endpoint.values()).map(Endpoint::operation).distinct().toList());
  private final Label<Provider> provider =
      Label.of("gen_ai_provider_name", Provider.class, Provider::telemetryName);
  private final Label<String> model = Label.first("gen_ai_request_model", MODELS_MAX);
  private final Label<String> type = Label.texts("gen_ai_token_type", List.of("input", "output"));
  private final Label<String> error = Label.texts("error_type", ERRORS);
  private final int input = type.at("input");
  private final int output = type.at("output");

  private final Amounts tokens;
  private final Timers duration;
  private final Timers first;
  private final Timers perToken;

  GenAiMeters(Meters meters) {
    tokens =
        meters.amounts(
            "gen_ai.client.token.usage",
            "Tokens of a call, as the provider reported them",
            TOKENS,
            operation,
            provider,
            model,
            type);
    duration =
        meters.timers(
            "gen_ai.client.operation.duration",
            "From the request sent to a provider to the end of its answer",
            Meters.Buckets.GEN_AI_DURATION,
            operation,
            provider,
            model,
            error);
    first =
        meters.timers(
            "gen_ai.server.time_to_first_token",
            "From the request sent to a provider to the first bytes of the stream that answers it",
            Meters.Buckets.GEN_AI_FIRST,
            operation,
            provider,
            model);
    perToken =
        meters.timers(
            "gen_ai.server.time_per_output_token",
            "Of a stream after its first bytes, for each of the tokens that follow",
            Meters.Buckets.GEN_AI_PER_TOKEN,
            operation,
            provider,
            model);
  }

  /// One exchange with a provider.
  ///
  /// @param usage that the provider reported; null when it did not
  /// @param error as the call was booked; null when all went well
  /// @param nanos from sending to the end
  /// @param firstNanos from sending to the first bytes of a stream; 0 where nothing streamed
  public void ended(
      Provider to,
      Endpoint asked,
      String requested,
      @Nullable Usage usage,
      @Nullable String error,
      long nanos,
      long firstNanos) {
    int what = operation.at(asked.operation());
    int whose = provider.at(to);
    int which = model.at(requested);
    duration.record(nanos, what, whose, which, this.error.at(error == null ? Label.NONE : error));
    if (usage != null) {
      tokens.record(usage.allInput(), what, whose, which, input);
      tokens.record(usage.output(), what, whose, which, output);
    }
    if (firstNanos > 0 && error == null) {
      first.record(firstNanos, what, whose, which);
      if (usage != null && usage.output() > 1) {
        perToken.record((nanos - firstNanos) / (usage.output() - 1), what, whose, which);
      }
    }
  }
}
