package dev.mandate.gateway.caller;

import dev.mandate.domain.budget.Tags;
import dev.mandate.gateway.Refusal;
import io.vertx.core.MultiMap;

/// What a call is for, as its caller says it, with what is fixed for the caller. The provider does
/// not hear of it.
public final class CallTags {
  public static final String HEADER = "mandate-tags";

  private CallTags() {}

  /// As [Tags#parse] gives them.
  ///
  /// @throws Refusal where the header does not read
  public static String of(MultiMap headers, Caller caller) {
    if (!headers.contains(HEADER)) {
      return caller.tags();
    }
    try {
      // Several fields are one list (RFC 9110 §5.3).
      return Tags.within(caller.tags(), String.join(",", headers.getAll(HEADER)));
    } catch (Tags.Invalid e) {
      throw Refusal.of(Refusal.Code.INVALID_TAGS, String.valueOf(e.getMessage()));
    }
  }
}
