package dev.mandate.gateway.injecting;

import io.vertx.core.MultiMap;

/// The header fields of an answer: an allow-list of the provider's. Never cookies, the
/// organization, or the state of rate limits that all callers share.
public final class InwardHeaders {
  private static final String[] PASSED = {
    "content-type",
    "content-encoding",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "request-id",
    "x-amzn-errortype"
  };

  private InwardHeaders() {}

  public static void write(MultiMap provider, MultiMap out) {
    for (String name : PASSED) {
      String value = provider.get(name);
      if (value != null) {
        out.set(name, value);
      }
    }
    // `x-request-id` is ours; the provider's own, for its support, goes beside it.
    String request = provider.get("x-request-id");
    if (request != null) {
      out.set("x-upstream-request-id", request);
    }
    out.set("cache-control", "no-store");
    out.set("x-content-type-options", "nosniff");
  }
}
