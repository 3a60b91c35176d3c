package dev.mandate.domain.dpop;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.UsedOnceStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.jose.InvalidJwt;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.jose.UnverifiedJwt;
import dev.mandate.platform.jose.VerifyingJwk;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Checks proofs (RFC 9449 §4.3): each is for one request, fresh by a nonce of ours, and used once
/// where `used` remembers. Blocking.
public final class DpopProofs {
  /// The header field that carries one.
  public static final String HEADER = "dpop";

  /// The header field that carries a nonce to the client.
  public static final String NONCE_HEADER = "dpop-nonce";

  /// The authorization scheme and the `token_type` (§7.1, §5).
  public static final String SCHEME = "DPoP";

  /// As metadata and challenges name them (§5.1, §7.1).
  public static final List<String> ALGORITHMS =
      Arrays.stream(SignatureAlgorithm.values()).map(Enum::name).toList();

  /// A client's clock may be wrong: how fresh a proof is, its nonce says.
  static final Duration CLOCK_MAX = Duration.ofMinutes(5);

  static final int CHARACTERS_MAX = 4096;
  static final int JTI_CHARACTERS_MAX = 200;
  private static final String TYPE = "dpop+jwt";
  private static final String USE = "dpop";

  private final DpopNonces nonces;
  private final UsedOnceStore used;
  private final InstantSource clock;

  public DpopProofs(DpopNonces nonces, UsedOnceStore used, InstantSource clock) {
    this.nonces = nonces;
    this.used = used;
    this.clock = clock;
  }

  /// What is proved about.
  ///
  /// @param headers all values of [#HEADER]
  /// @param path below the issuer, with its slash
  /// @param token that is presented with it; null at the token endpoint
  public record Request(
      Issuer issuer, List<String> headers, String method, String path, @Nullable Secret token) {
    public static Request of(Issuer issuer, HttpRequest request, @Nullable Secret token) {
      return new Request(
          issuer, request.headers().all(HEADER), request.method(), request.path(), token);
    }
  }

  /// The challenge of a resource that takes bound tokens (§7.1).
  ///
  /// @param error null for a request that has no token at all
  public static String challenge(String realm, @Nullable String error) {
    String algorithms = ALGORITHMS.stream().collect(Collectors.joining(" "));
    return SCHEME
        + " realm=\""
        + realm
        + "\", "
        + (error == null ? "" : "error=\"" + error + "\", ")
        + "algs=\""
        + algorithms
        + "\"";
  }

  /// Puts the next nonce on the answer to a request that had a proof, or may need one.
  public HttpResponse marked(Issuer issuer, HttpRequest request, HttpResponse response) {
    return request.headers().all(HEADER).isEmpty()
        ? response
        : response.with(NONCE_HEADER, nonces.next(issuer.tenant()));
  }

  /// A nonce for whoever has none yet.
  public String nonce(TenantId tenant) {
    return nonces.next(tenant);
  }

  /// Checks the proof and uses it up.
  ///
  /// @return the thumbprint (RFC 7638) of the key that made it
  /// @throws InvalidProof at the first check that fails
  public String verify(Request request) {
    if (request.headers.size() != 1) {
      throw wrong("the request has " + request.headers.size() + " DPoP headers, expected one");
    }
    String text = request.headers.getFirst();
    if (text.length() > CHARACTERS_MAX) {
      throw wrong("the proof has more than " + CHARACTERS_MAX + " characters");
    }
    try {
      UnverifiedJwt jwt = UnverifiedJwt.parse(text);
      if (!jwt.isOfType(TYPE)) {
        throw wrong("the proof's typ is not " + TYPE);
      }
      // Before the signature, which costs far more.
      Instant until = fresh(request.issuer.tenant(), jwt.claimed());
      VerifyingJwk key = key(jwt);
      JsonNode claims = jwt.verify(key);
      about(request, claims);
      use(request.issuer.tenant(), key, claims, until);
      return key.thumbprint();
    } catch (InvalidJwt e) {
      throw wrong("the proof is not a JWT signed by the key in its header");
    }
  }

  /// As [#verify], for a token that is bound to this key (§7.1).
  public void verify(Request request, String thumbprint) {
    if (!verify(request).equals(thumbprint)) {
      throw wrong("the proof is of another key than the access token's");
    }
  }

  private Instant fresh(TenantId tenant, JsonNode claims) {
    String nonce = claims.path("nonce").textValue();
    Instant until = nonce == null ? null : nonces.goodUntil(tenant, nonce);
    if (until == null) {
      throw new InvalidProof("the proof needs the nonce of this answer's DPoP-Nonce", true);
    }
    return until;
  }

  /// §4.2: the public key is in the header; §11.6: of an algorithm that we take.
  private static VerifyingJwk key(UnverifiedJwt jwt) {
    JsonNode jwk = jwt.header().path("jwk");
    try {
      return VerifyingJwk.parse(jwk);
    } catch (IllegalArgumentException e) {
      throw wrong("the proof's jwk " + e.getMessage());
    }
  }

  private void about(Request request, JsonNode claims) {
    if (!request.method.equals(claims.path("htm").textValue())) {
      throw wrong("the proof's htm is not " + request.method);
    }
    String url = request.issuer.url(request.path);
    if (!isFor(claims.path("htu").asText(), request.issuer, request.path)) {
      throw wrong("the proof's htu is not " + url);
    }
    JsonNode iat = claims.path("iat");
    long now = clock.instant().getEpochSecond();
    if (!iat.isNumber()
        || !iat.canConvertToLong()
        || Math.abs(now - iat.longValue()) > CLOCK_MAX.toSeconds()) {
      throw wrong("the proof's iat is not within " + CLOCK_MAX + " of now");
    }
    Secret token = request.token;
    if (token != null && !hash(token).equals(claims.path("ath").textValue())) {
      throw wrong("the proof's ath is not of the access token");
    }
  }

  private static String hash(Secret token) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(TokenHash.sha256(token.utf8()));
  }

  /// §4.3: without query and fragment, and in one spelling of scheme, host and port. The public URL
  /// is ours to know; no header of the request says it.
  private static boolean isFor(String htu, Issuer issuer, String path) {
    URI sent;
    try {
      sent = URI.create(htu);
    } catch (IllegalArgumentException _) {
      return false;
    }
    URI own = URI.create(issuer.url());
    return sent.getHost() != null
        && sent.getRawUserInfo() == null
        && origin(own).equals(origin(sent))
        && (same(own, path, sent.getPath()) || same(own, path, sent.getRawPath()));
  }

  private static boolean same(URI own, String path, @Nullable String sent) {
    return (own.getPath() + path).equals(sent);
  }

  private static String origin(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
    return scheme + "://" + String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT) + ":" + port;
  }

  /// §11.1: remembered as long as its nonce is good.
  private void use(TenantId tenant, VerifyingJwk key, JsonNode claims, Instant until) {
    String jti = claims.path("jti").textValue();
    if (jti == null || jti.isEmpty() || jti.length() > JTI_CHARACTERS_MAX) {
      throw wrong("the proof has no jti of 1 to " + JTI_CHARACTERS_MAX + " characters");
    }
    if (!used.useOnce(
        tenant, UsedOnceStore.id(USE, key.thumbprint(), jti), until.plus(DpopNonces.SKEW))) {
      throw wrong("the proof was used before");
    }
  }

  private static InvalidProof wrong(String message) {
    return new InvalidProof(message, false);
  }
}
