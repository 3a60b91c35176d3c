package dev.mandate.domain.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.jose.InvalidJwt;
import dev.mandate.platform.jose.InvalidJwt.Reason;
import dev.mandate.platform.jose.JwtVerifier;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Issues and verifies access tokens: JWTs of type `at+jwt` (RFC 9068).
///
/// Verifying says who a token was issued to and that it is whole and current. What its bearer may
/// do, and whether mandate or token were revoked, is for the caller to look up.
public final class AccessTokens {
  /// RFC 9068 §2.1.
  public static final String TYPE = "at+jwt";

  private final SigningKeys keys;
  private final TokenSource ids;
  private final InstantSource clock;
  private final TokenConfig config;
  private final JwtVerifier verifier;

  public AccessTokens(SigningKeys keys, TokenSource ids, InstantSource clock, TokenConfig config) {
    this.keys = keys;
    this.ids = ids;
    this.clock = clock;
    this.config = config;
    this.verifier = new JwtVerifier(clock, config.clockSkew());
  }

  /// A token and what it says.
  ///
  /// @param details its `authorization_details` as they are written, empty where it has none
  public record Issued(Secret token, AccessTokenClaims claims, ArrayNode details) {}

  /// How a token is made: with which algorithm it is signed, and to whose key it is bound.
  ///
  /// @param thumbprint of the key (RFC 7638) that its bearer must prove to have (RFC 9449 §6.1);
  ///   null for a token that is whoever's who holds it
  public record Make(SignatureAlgorithm algorithm, @Nullable String thumbprint) {
    public static final Make STANDARD = new Make(SignatureAlgorithm.ES256, null);
  }

  /// One like most are: ES256, bound to no key.
  public Issued issue(
      Issuer issuer,
      Mandate mandate,
      SortedSet<String> scopes,
      List<LlmAccess> access,
      List<String> audience) {
    return issue(issuer, mandate, scopes, access, audience, Make.STANDARD);
  }

  /// @param scopes those of the mandate, or fewer
  /// @param access put into the token for resource servers that read it; ours asks the mandate
  /// @param audience at least one resource
  public Issued issue(
      Issuer issuer,
      Mandate mandate,
      SortedSet<String> scopes,
      List<LlmAccess> access,
      List<String> audience,
      Make make) {
    if (audience.isEmpty()) {
      throw new IllegalArgumentException("a token without audience would be good anywhere");
    }
    if (!issuer.tenant().equals(mandate.tenant())) {
      throw new IllegalArgumentException(
          "mandate of tenant " + mandate.tenant() + " at the issuer of " + issuer.tenant());
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Instant expiresAt = now.plus(config.accessTokenLifetime());
    if (mandate.expiresAt().isBefore(expiresAt)) {
      expiresAt = mandate.expiresAt().truncatedTo(ChronoUnit.SECONDS);
    }
    ArrayNode details = AuthorizationDetails.write(access, now);
    AccessTokenClaims claims =
        new AccessTokenClaims(
            mandate.tenant(),
            issuer.url(),
            subject(mandate),
            audience,
            mandate.client(),
            mandate.id(),
            scopes,
            ids.id("at"),
            now,
            expiresAt,
            AuthorizationDetails.read(details),
            make.thumbprint());
    Secret token =
        keys.signer(mandate.tenant(), make.algorithm()).sign(TYPE, write(claims, details));
    return new Issued(token, claims, details);
  }

  /// The user, or the client where no user is behind it (RFC 9068 §2.2).
  public static String subject(Mandate mandate) {
    return mandate.user() == null ? mandate.client().value() : mandate.user().value();
  }

  private ObjectNode write(AccessTokenClaims claims, ArrayNode details) {
    ObjectNode json = Json.object();
    json.put("iss", claims.issuer()).put("sub", claims.subject());
    claims.audience().forEach(json.putArray("aud")::add);
    json.put("client_id", claims.client().value())
        .put("iat", claims.issuedAt().getEpochSecond())
        .put("exp", claims.expiresAt().getEpochSecond())
        .put("jti", claims.jti());
    if (!claims.scopes().isEmpty()) {
      json.put("scope", String.join(" ", claims.scopes()));
    }
    json.put("tenant", claims.tenant().value()).put("mandate", claims.mandate().value());
    if (!details.isEmpty()) {
      json.set("authorization_details", details);
    }
    if (claims.thumbprint() != null) {
      // RFC 9449 §6.1.
      json.putObject("cnf").put("jkt", claims.thumbprint());
    }
    return json;
  }

  /// Verifies a token for one resource.
  ///
  /// @throws InvalidJwt naming the first check that failed
  public AccessTokenClaims verify(Issuer issuer, String resource, String token) {
    AccessTokenClaims claims = verify(issuer, token);
    if (!claims.isFor(resource)) {
      throw new InvalidJwt(Reason.WRONG_AUDIENCE, "expected " + resource);
    }
    return claims;
  }

  /// Verifies everything but the audience, which the caller checks with [AccessTokenClaims#isFor]
  /// on each call: a result kept in a cache serves more than one resource.
  ///
  /// @throws InvalidJwt naming the first check that failed
  public AccessTokenClaims verify(Issuer issuer, String token) {
    return claims(
        issuer,
        verifier.verify(token, TYPE, issuer.url(), kid -> keys.verifier(issuer.tenant(), kid)));
  }

  /// As [#verify(Issuer, String)], but for a token that may have expired: the caller compares
  /// [AccessTokenClaims#expiresAt] at each use, and can say of an expired one what became of its
  /// mandate.
  ///
  /// @throws InvalidJwt naming the first check that failed
  public AccessTokenClaims authentic(Issuer issuer, String token) {
    return claims(
        issuer,
        verifier.authentic(token, TYPE, issuer.url(), kid -> keys.verifier(issuer.tenant(), kid)));
  }

  private static AccessTokenClaims claims(Issuer issuer, JsonNode json) {
    if (!issuer.tenant().value().equals(text(json, "tenant"))) {
      throw new InvalidJwt(Reason.WRONG_TENANT, "expected " + issuer.tenant());
    }
    return new AccessTokenClaims(
        issuer.tenant(),
        issuer.url(),
        text(json, "sub"),
        audience(json.path("aud")),
        new ClientId(text(json, "client_id")),
        new MandateId(text(json, "mandate")),
        scopes(json),
        text(json, "jti"),
        Instant.ofEpochSecond(json.path("iat").longValue()),
        Instant.ofEpochSecond(json.path("exp").longValue()),
        AuthorizationDetails.read(json.path("authorization_details")),
        thumbprint(json.get("cnf")));
  }

  /// RFC 7800 §3.1: a confirmation that we don't know would be a binding that nobody checks.
  private static @Nullable String thumbprint(@Nullable JsonNode cnf) {
    if (cnf == null) {
      return null;
    }
    if (cnf.size() != 1) {
      throw new InvalidJwt(Reason.MALFORMED, "cnf is not one jkt");
    }
    return text(cnf, "jkt");
  }

  private static List<String> audience(JsonNode aud) {
    List<String> audience = new ArrayList<>();
    for (JsonNode one : aud) {
      if (!one.isTextual()) {
        throw new InvalidJwt(Reason.MALFORMED, "aud holds something other than text");
      }
      audience.add(one.textValue());
    }
    if (audience.isEmpty()) {
      throw new InvalidJwt(Reason.MALFORMED, "aud is not an array of resources");
    }
    return audience;
  }

  private static SortedSet<String> scopes(JsonNode json) {
    String scope = json.path("scope").asText("");
    return scope.isEmpty() ? new TreeSet<>() : new TreeSet<>(List.of(scope.split(" ")));
  }

  private static String text(JsonNode json, String name) {
    String value = json.path(name).textValue();
    if (value == null) {
      throw new InvalidJwt(Reason.MALFORMED, name + " is missing");
    }
    return value;
  }
}
