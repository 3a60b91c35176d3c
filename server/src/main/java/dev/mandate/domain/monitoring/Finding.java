package dev.mandate.domain.monitoring;

import dev.mandate.domain.notice.Notice;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Something that is unlike what a caller did before.
///
/// @param observed what was seen, in words
/// @param expected what is usual, in words
/// @param response what was done about it
public record Finding(
    String id,
    CallerId caller,
    Kind kind,
    String observed,
    String expected,
    Response response,
    Instant at) {

  /// Whether there is a caller behind it that can be held back: behind a network of strangers are
  /// those who are none.
  public boolean holdsBack() {
    return caller.kind() != CallerId.Kind.NETWORK;
  }

  /// The notice that tells of it; null for one that nobody is told of.
  public Notice.@Nullable Kind notice() {
    return switch (response) {
      case NOTHING, RECORD -> null;
      case ALERT, THROTTLE -> Notice.Kind.CALLER_UNUSUAL;
      case SUSPEND -> Notice.Kind.CALLER_SUSPENDED;
    };
  }

  /// In what way.
  public enum Kind {
    /// Far more calls in five minutes or in an hour than ever.
    REQUESTS(Response.ALERT),
    /// Far more money in an hour or a day than ever.
    SPEND(Response.ALERT),
    /// Far more refusals than ever.
    REFUSALS(Response.ALERT),
    /// From a network that it never came from.
    NETWORK(Response.ALERT),
    /// The days of late are a multiple of those a month ago.
    CREEP(Response.ALERT),
    /// Many credentials from one network that are nobody's.
    STRANGERS(Response.ALERT),
    /// A model that it never used.
    MODEL(Response.RECORD),
    /// At an hour of the day at which it never called.
    HOUR(Response.RECORD);

    private final Response builtIn;

    Kind(Response builtIn) {
      this.builtIn = builtIn;
    }

    /// What a tenant may want done about it.
    public List<Response> answers() {
      return this == STRANGERS
          ? List.of(Response.NOTHING, Response.RECORD, Response.ALERT)
          : List.of(Response.values());
    }

    /// What is done where the tenant has not decided.
    public Response builtIn() {
      return builtIn;
    }

    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static @Nullable Kind ofWire(String wire) {
      return Arrays.stream(values())
          .filter(kind -> kind.wire().equals(wire))
          .findFirst()
          .orElse(null);
    }

    public static List<String> wires() {
      return Arrays.stream(values()).map(Kind::wire).toList();
    }
  }

  /// What is done about one; each includes those before it.
  public enum Response {
    NOTHING,
    /// It is in the list of findings.
    RECORD,
    /// The owner and the administrators are told.
    ALERT,
    /// For a while, the caller is answered 429.
    THROTTLE,
    /// The caller stops at once, until an administrator lets it go on.
    SUSPEND;

    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static @Nullable Response ofWire(String wire) {
      return Arrays.stream(values())
          .filter(one -> one.wire().equals(wire))
          .findFirst()
          .orElse(null);
    }

    public static List<String> wires() {
      return Arrays.stream(values()).map(Response::wire).toList();
    }
  }
}
