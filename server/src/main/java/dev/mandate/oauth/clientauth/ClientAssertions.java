package dev.mandate.oauth.clientauth;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.token.UsedOnceStore;
import dev.mandate.platform.jose.InvalidJwt;
import dev.mandate.platform.jose.UnverifiedJwt;
import dev.mandate.platform.jose.VerifyingJwk;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Assertions with which clients prove who they are (RFC 7523 §3 as its revision has it: for this
/// issuer and nobody else, once).
public final class ClientAssertions {
  /// RFC 7523 §2.2.
  public static final String TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

  /// How far ahead its end may be: that long its `jti` is remembered.
  public static final Duration LIFETIME_MAX = Duration.ofMinutes(10);

  /// By which a client's clock may differ from ours.
  static final Duration SKEW = Duration.ofSeconds(30);

  static final int JTI_CHARACTERS_MAX = 200;

  private static final String USE = "client_assertion";
  private static final String EXPLICIT_TYPE = "client-authentication+jwt";

  private final ClientKeys keys;
  private final UsedOnceStore used;
  private final InstantSource clock;

  public ClientAssertions(ClientKeys keys, UsedOnceStore used, InstantSource clock) {
    this.keys = keys;
    this.used = used;
    this.clock = clock;
  }

  /// What is wrong with it, for the log; null when it is this client's and current. Uses nothing
  /// up.
  @Nullable String wrongWith(Issuer issuer, Client client, Proof.Keys proof, UnverifiedJwt jwt) {
    // RFC 8725 §3.11: another kind of JWT that the client signed is no assertion. The revision's
    // own
    // type is not demanded: clients that are older have JWT, or none.
    if (jwt.header().has("typ") && !jwt.isOfType("JWT") && !jwt.isOfType(EXPLICIT_TYPE)) {
      return "is of another type";
    }
    String algorithm = jwt.header().path("alg").asText();
    if (proof.algorithm() != null && !proof.algorithm().name().equals(algorithm)) {
      return "is not signed with " + proof.algorithm();
    }
    JsonNode claims = verified(issuer, proof, jwt);
    if (claims == null) {
      return "is signed by none of the client's keys";
    }
    String id = client.id().value();
    if (!id.equals(claims.path("iss").textValue()) || !id.equals(claims.path("sub").textValue())) {
      return "is not by and about the client";
    }
    // The revision of RFC 7523 §3: the issuer is the sole audience, or one server could use at
    // another what it was given.
    if (!isSole(issuer.url(), claims.path("aud"))) {
      return "is not for this issuer alone";
    }
    return wrongTimes(claims);
  }

  /// With any of the keys that could be it.
  private @Nullable JsonNode verified(Issuer issuer, Proof.Keys proof, UnverifiedJwt jwt) {
    List<VerifyingJwk> candidates = keys.of(issuer.tenant(), proof, jwt.kid());
    for (VerifyingJwk key : candidates) {
      try {
        return jwt.verify(key);
      } catch (InvalidJwt _) {
        // The next one, then.
      }
    }
    return null;
  }

  private static boolean isSole(String issuer, JsonNode audience) {
    return issuer.equals(
        audience.isArray() && audience.size() == 1
            ? audience.path(0).textValue()
            : audience.textValue());
  }

  private @Nullable String wrongTimes(JsonNode claims) {
    long now = clock.instant().getEpochSecond();
    JsonNode exp = claims.path("exp");
    if (!exp.isNumber() || !exp.canConvertToLong()) {
      return "has no end";
    }
    if (exp.longValue() <= now - SKEW.toSeconds()) {
      return "has expired";
    }
    if (exp.longValue() > now + LIFETIME_MAX.plus(SKEW).toSeconds()) {
      return "ends more than " + LIFETIME_MAX + " from now";
    }
    for (String beginning : List.of("nbf", "iat")) {
      JsonNode since = claims.path(beginning);
      if (!since.isMissingNode()
          && !(since.isNumber()
              && since.canConvertToLong()
              && since.longValue() <= now + SKEW.toSeconds())) {
        return "begins later, or says it wrong";
      }
    }
    String jti = claims.path("jti").textValue();
    return jti == null || jti.isEmpty() || jti.length() > JTI_CHARACTERS_MAX
        ? "has no jti of 1 to " + JTI_CHARACTERS_MAX + " characters"
        : null;
  }

  /// Uses up one that [#wrongWith] found nothing wrong with.
  ///
  /// @return whether it was not used before
  boolean useOnce(Issuer issuer, Client client, UnverifiedJwt jwt) {
    JsonNode claims = jwt.claimed();
    Instant until = Instant.ofEpochSecond(claims.path("exp").longValue()).plus(SKEW);
    return used.useOnce(
        issuer.tenant(),
        UsedOnceStore.id(USE, client.id().value(), claims.path("jti").asText()),
        until);
  }
}
