package dev.mandate.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.PromptCache.Charge;
import dev.mandate.simulator.SimulatedModel.Price;
import java.util.Map;
import java.util.TreeMap;

/// What was served to whom: the provider's own truth, against which a gateway's ledger is checked.
///
/// Confined to the server's event loop, like everything that a request touches.
final class Counters {
  private final Map<String, Map<String, Tally>> byKey = new TreeMap<>();
  private final Map<Integer, Long> refused = new TreeMap<>();
  private long arrived;

  /// Not reset: streams that are open stay open.
  private long openStreams;

  /// One model under one key. Its numbers only grow.
  final class Tally {
    private final Price price;
    private long requests;
    private long undelivered;
    private long streamsOpened;
    private long streamsFinished;
    private long streamsAborted;
    private long streamsBroken;
    private long promptTokens;
    private long cacheWriteTokens;
    private long cacheReadTokens;
    private long completionTokens;
    private long costNanos;

    private Tally(Price price) {
      this.price = price;
    }

    /// A request is served: from here on its prompt is paid.
    void served(Charge prompt) {
      requests++;
      promptTokens += (long) prompt.uncached() + prompt.write() + prompt.read();
      cacheWriteTokens += prompt.write();
      cacheReadTokens += prompt.read();
      costNanos +=
          prompt.uncached() * price.input()
              + prompt.write5m() * price.cacheWrite()
              + prompt.write1h() * price.cacheWriteLong()
              + prompt.read() * price.cacheRead();
    }

    /// Tokens of images in the prompt.
    void seen(int tokens) {
      promptTokens += tokens;
      costNanos += tokens * price.media();
    }

    void generated(int tokens) {
      completionTokens += tokens;
      costNanos += tokens * price.output();
    }

    /// The peer left before its answer; providers charge that.
    void undelivered() {
      undelivered++;
    }

    void streamOpened() {
      streamsOpened++;
      openStreams++;
    }

    void streamFinished() {
      streamsFinished++;
      openStreams--;
    }

    void streamAborted() {
      streamsAborted++;
      openStreams--;
    }

    /// Ended early by `drop_after` or `error_midstream`.
    void streamBroken() {
      streamsBroken++;
      openStreams--;
    }

    private void addTo(Tally sum) {
      sum.requests += requests;
      sum.undelivered += undelivered;
      sum.streamsOpened += streamsOpened;
      sum.streamsFinished += streamsFinished;
      sum.streamsAborted += streamsAborted;
      sum.streamsBroken += streamsBroken;
      sum.promptTokens += promptTokens;
      sum.cacheWriteTokens += cacheWriteTokens;
      sum.cacheReadTokens += cacheReadTokens;
      sum.completionTokens += completionTokens;
      sum.costNanos += costNanos;
    }

    private ObjectNode writeTo(ObjectNode json) {
      return json.put("requests", requests)
          .put("undelivered", undelivered)
          .put("streams_opened", streamsOpened)
          .put("streams_finished", streamsFinished)
          .put("streams_aborted", streamsAborted)
          .put("streams_broken", streamsBroken)
          .put("prompt_tokens", promptTokens)
          .put("cache_write_tokens", cacheWriteTokens)
          .put("cache_read_tokens", cacheReadTokens)
          .put("completion_tokens", completionTokens)
          .put("cost_nanos", costNanos)
          .put("cost_micros", Math.ceilDiv(costNanos, 1_000));
    }
  }

  void arrived() {
    arrived++;
  }

  void refused(int status) {
    refused.merge(status, 1L, Long::sum);
  }

  Tally of(String keyLabel, SimulatedModel model) {
    return byKey
        .computeIfAbsent(keyLabel, _ -> new TreeMap<>())
        .computeIfAbsent(model.id(), _ -> new Tally(model.price()));
  }

  void reset() {
    byKey.clear();
    refused.clear();
    arrived = 0;
  }

  /// `arrived`: requests of any kind and outcome, `/sim` excepted. `cost_micros` is the exact
  /// `cost_nanos` rounded up once, not per call.
  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("arrived", arrived).put("open_streams", openStreams);
    ObjectNode refusals = json.putObject("refused");
    refused.forEach((status, times) -> refusals.put(status.toString(), times));
    Tally total = new Tally(new Price(0, 0, 0, 0, 0));
    ObjectNode totalJson = json.putObject("total");
    ObjectNode keys = json.putObject("keys");
    byKey.forEach(
        (label, models) -> {
          Tally sum = new Tally(new Price(0, 0, 0, 0, 0));
          models.values().forEach(tally -> tally.addTo(sum));
          sum.addTo(total);
          ObjectNode key = sum.writeTo(keys.putObject(label));
          ObjectNode byModel = key.putObject("models");
          models.forEach((model, tally) -> tally.writeTo(byModel.putObject(model)));
        });
    total.writeTo(totalJson);
    return json;
  }
}
