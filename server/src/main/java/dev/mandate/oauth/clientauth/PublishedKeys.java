package dev.mandate.oauth.clientauth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.platform.http.GuardedClient;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.jose.VerifyingJwk;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keys that clients publish at their `jwks_uri` (RFC 7591 §2), fetched through the guard of all
/// that strangers make us ask, and kept as long as the answer says, within bounds.
public final class PublishedKeys {
  private static final Logger log = LoggerFactory.getLogger(PublishedKeys.class);

  static final Duration KEPT_MIN = Duration.ofMinutes(1);
  static final Duration KEPT_MAX = Duration.ofHours(1);
  static final Duration KEPT_BY_DEFAULT = Duration.ofMinutes(10);

  /// Between two fetches of one address: a `kid` that nobody has must not make us a hammer.
  static final Duration FETCH_AGAIN = Duration.ofSeconds(30);

  /// What was fetched serves on for as long while the address fails.
  static final Duration STALE_MAX = Duration.ofHours(1);

  /// Of the client that fetches them.
  public static final GuardedClient.Bounds BOUNDS =
      new GuardedClient.Bounds(Duration.ofSeconds(3), Duration.ofSeconds(5), 64 * 1024);

  private static final Headers ACCEPT =
      Headers.NONE.with("accept", "application/json").with("accept-encoding", "identity");
  private static final int OK = 200;
  private static final int ADDRESSES_MAX = 1_000;
  private static final Pattern MAX_AGE = Pattern.compile("(?i)(?:^|[,\\s])max-age=(\\d{1,9})");

  private final GuardedClient http;
  private final Egress egress;
  private final InstantSource clock;
  private final Cache<Place, Fetched> kept =
      Caffeine.newBuilder().maximumSize(ADDRESSES_MAX).build();

  private record Place(TenantId tenant, URI uri) {}

  /// @param freshUntil after which it is fetched again
  /// @param staleUntil after which it is not used
  private record Fetched(
      List<VerifyingJwk> keys, Instant at, Instant freshUntil, Instant staleUntil) {}

  public PublishedKeys(GuardedClient http, Egress egress, InstantSource clock) {
    this.http = http;
    this.egress = egress;
    this.clock = clock;
  }

  List<VerifyingJwk> of(TenantId tenant, URI uri, @Nullable String kid) {
    Place place = new Place(tenant, uri);
    Fetched known = kept.getIfPresent(place);
    Instant now = clock.instant();
    if (known != null) {
      List<VerifyingJwk> named = ClientKeys.named(known.keys, kid);
      // A key that isn't there may be a new one.
      boolean wanted = named.isEmpty() || !now.isBefore(known.freshUntil);
      if (!wanted || now.isBefore(known.at.plus(FETCH_AGAIN))) {
        return now.isBefore(known.staleUntil) ? named : List.of();
      }
    }
    // One fetches, the others wait for it.
    Fetched read =
        kept.asMap()
            .compute(
                place,
                (_, latest) ->
                    latest == null || latest.equals(known) ? fetched(place, known, now) : latest);
    return now.isBefore(read.staleUntil) ? ClientKeys.named(read.keys, kid) : List.of();
  }

  private Fetched fetched(Place place, @Nullable Fetched known, Instant now) {
    try {
      String wrong = egress.wrongWithDocument(place.uri);
      if (wrong != null) {
        throw new IOException(wrong);
      }
      GuardedClient.Answer answer = document(place);
      List<VerifyingJwk> keys = VerifyingJwk.set(Json.parse(answer.body()), false);
      Instant freshUntil = now.plus(kept(answer.headers()));
      return new Fetched(keys, now, freshUntil, freshUntil.plus(STALE_MAX));
    } catch (GuardedClient.NoAnswer
        | IOException
        | Json.MalformedJson
        | IllegalArgumentException e) {
      log.warn("the keys at {} could not be read: {}", place.uri, e.getMessage());
      return known == null
          ? new Fetched(List.of(), now, now, now)
          : new Fetched(known.keys, now, known.freshUntil, known.staleUntil);
    }
  }

  private GuardedClient.Answer document(Place place) throws GuardedClient.NoAnswer, IOException {
    GuardedClient.Answer answer =
        http.send(
            "GET",
            place.uri,
            ACCEPT,
            new byte[0],
            address -> egress.mayConnect(place.tenant, place.uri, address));
    if (answer.status() != OK) {
      throw new IOException("its status is " + answer.status() + ", expected " + OK);
    }
    if (answer.cut()) {
      throw new IOException("it has more than " + BOUNDS.answerBytesMax() + " bytes");
    }
    return answer;
  }

  /// RFC 9111 §5.2.2.1, within our own bounds.
  private static Duration kept(Headers headers) {
    String cacheControl = Objects.requireNonNullElse(headers.first("cache-control"), "");
    Matcher maxAge = MAX_AGE.matcher(cacheControl);
    Duration kept =
        maxAge.find() ? Duration.ofSeconds(Long.parseLong(maxAge.group(1))) : KEPT_BY_DEFAULT;
    if (cacheControl.toLowerCase(Locale.ROOT).contains("no-")) {
      kept = KEPT_MIN;
    }
    if (kept.compareTo(KEPT_MIN) < 0) {
      return KEPT_MIN;
    }
    return kept.compareTo(KEPT_MAX) > 0 ? KEPT_MAX : kept;
  }
}
