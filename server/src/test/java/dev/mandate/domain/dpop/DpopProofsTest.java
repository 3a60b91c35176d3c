package dev.mandate.domain.dpop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.util.Base64URL;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.UsedOnceStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.ClientKey;
import dev.mandate.testing.Dpop;
import dev.mandate.testing.TestClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every check of RFC 9449 §4.3, each with the attack that it stops.
class DpopProofsTest {
  private static final TenantId TENANT = new TenantId("acme");
  private static final Issuer ISSUER = new Issuer(TENANT, "https://mandate.example/t/acme");
  private static final String PATH = "/oauth/token";
  private static final String URL = ISSUER.url(PATH);
  private static final ClientKey KEY = ClientKey.ec(null);

  private final TestClock clock = new TestClock();
  private final DpopNonces nonces = new DpopNonces(new byte[32], clock);
  private final Set<TokenHash> seen = ConcurrentHashMap.newKeySet();
  private final UsedOnceStore store = (_, id, _) -> seen.add(id);
  private final DpopProofs proofs = new DpopProofs(nonces, store, clock);
  private final Dpop client = new Dpop(KEY, clock);

  private String verify(String... headers) {
    return proofs.verify(new DpopProofs.Request(ISSUER, List.of(headers), "POST", PATH, null));
  }

  private String proof(Consumer<ObjectNode> change) {
    return client.proof("POST", URL, nonces.next(TENANT), null, change);
  }

  private void refused(String proof, String why) {
    assertThatThrownBy(() -> verify(proof))
        .as(why)
        .isInstanceOfSatisfying(
            InvalidProof.class, e -> assertThat(e.code()).isEqualTo("invalid_dpop_proof"));
  }

  private void staleRefused(String proof, String why) {
    assertThatThrownBy(() -> verify(proof))
        .as(why)
        .isInstanceOfSatisfying(
            InvalidProof.class, e -> assertThat(e.code()).isEqualTo("use_dpop_nonce"));
  }

  @Test
  void aProofNamesTheKeyThatMadeIt() {
    assertThat(verify(proof(_ -> {}))).isEqualTo(KEY.thumbprint());
    Dpop rsa = new Dpop(ClientKey.rsa(null, 2048), clock);
    assertThat(verify(rsa.proof("POST", URL, nonces.next(TENANT), null)))
        .isEqualTo(rsa.key().thumbprint());
  }

  @Test
  void thereIsExactlyOne() {
    assertThatThrownBy(() -> verify()).isInstanceOf(InvalidProof.class);
    assertThatThrownBy(() -> verify(proof(_ -> {}), proof(_ -> {})))
        .isInstanceOf(InvalidProof.class);
    refused(proof(_ -> {}) + "," + proof(_ -> {}), "joined by a proxy");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "a.b.c", "..", "é.é.é"})
  void whatIsNoJwtIsNoProof(String text) {
    refused(text, "no JWT");
  }

  @Test
  void aProofIsUsedOnce() {
    String proof = proof(_ -> {});
    verify(proof);
    refused(proof, "used before");
    String nonce = nonces.next(TENANT);
    String again = client.proof("POST", URL, nonce, null, c -> c.put("jti", "same"));
    verify(again);
    refused(client.proof("POST", URL, nonce, null, c -> c.put("jti", "same")), "the same jti");
    Dpop other = new Dpop(ClientKey.ec(null), clock);
    verify(other.proof("POST", URL, nonce, null, c -> c.put("jti", "same")));
  }

  @Test
  void aRefusedProofIsNotUsedUp() {
    String proof = proof(_ -> {});
    assertThatThrownBy(
            () -> proofs.verify(new DpopProofs.Request(ISSUER, List.of(proof), "GET", PATH, null)))
        .isInstanceOf(InvalidProof.class);
    verify(proof);
  }

  @Test
  void aProofIsForOneMethodAndOneAddress() {
    refused(proof(c -> c.put("htm", "GET")), "another method");
    refused(proof(c -> c.put("htm", "post")), "methods have a case");
    refused(proof(c -> c.remove("htm")), "no method");
    refused(proof(c -> c.put("htm", 1)), "a number");
    for (String url :
        List.of(
            "",
            PATH,
            "https://mandate.example/oauth/token",
            "https://mandate.example/t/globex/oauth/token",
            "http://mandate.example/t/acme/oauth/token",
            "https://mandate.example:8443/t/acme/oauth/token",
            "https://mandate.example.evil.example/t/acme/oauth/token",
            "https://user@mandate.example/t/acme/oauth/token",
            "https://mandate.example/t/acme/oauth/token/",
            "https://mandate.example/t/acme/oauth/par",
            "https://mandate.example/t/acme/oauth/x/../token",
            "https://mandate.example/t/acme//oauth/token",
            "https://MANDATE.example/T/acme/oauth/token",
            "not a url")) {
      refused(proof(c -> c.put("htu", url)), url);
    }
    refused(proof(c -> c.remove("htu")), "no address");
    for (String url :
        List.of(
            URL + "?a=b",
            URL + "#part",
            "HTTPS://Mandate.Example/t/acme/oauth/token",
            "https://mandate.example:443/t/acme/oauth/token")) {
      verify(proof(c -> c.put("htu", url)));
    }
  }

  @Test
  void aProofIsFreshByANonceOfOursAndNothingElse() {
    staleRefused(proof(c -> c.remove("nonce")), "none");
    staleRefused(proof(c -> c.put("nonce", "")), "an empty one");
    staleRefused(proof(c -> c.put("nonce", 7)), "a number");
    staleRefused(proof(c -> c.put("nonce", "A".repeat(32))), "a made-up one");
    staleRefused(proof(c -> c.put("nonce", "x".repeat(1_000))), "a long one");
    staleRefused(proof(c -> c.put("nonce", "*".repeat(32))), "not base64url");
    staleRefused(
        proof(c -> c.put("nonce", nonces.next(new TenantId("globex")))), "another tenant's");
    byte[] other = new byte[32];
    other[0] = 1;
    staleRefused(
        proof(c -> c.put("nonce", new DpopNonces(other, clock).next(TENANT))), "another key's");
    String nonce = nonces.next(TENANT);
    for (int i = 0; i < nonce.length(); i++) {
      char changed = nonce.charAt(i) == 'A' ? 'B' : 'A';
      String bent = nonce.substring(0, i) + changed + nonce.substring(i + 1);
      staleRefused(proof(c -> c.put("nonce", bent)), "bent at " + i);
    }
  }

  @Test
  void aNonceIsGoodForHalfAMinute() {
    String nonce = nonces.next(TENANT);
    Consumer<ObjectNode> with = c -> c.put("nonce", nonce);
    verify(proof(with));
    clock.advance(DpopNonces.LIFETIME.minusSeconds(1));
    verify(proof(with));
    clock.advance(Duration.ofSeconds(1));
    staleRefused(proof(with), "too old");
    clock.advance(DpopNonces.LIFETIME.plus(DpopNonces.SKEW).negated());
    verify(proof(with));
    clock.advance(Duration.ofSeconds(-1));
    staleRefused(proof(with), "of a node whose clock is too far ahead");
  }

  @Test
  void aClockMayBeWrongByMinutes() {
    long now = clock.instant().getEpochSecond();
    long most = DpopProofs.CLOCK_MAX.toSeconds();
    verify(proof(c -> c.put("iat", now - most)));
    verify(proof(c -> c.put("iat", now + most)));
    refused(proof(c -> c.put("iat", now - most - 1)), "made long ago");
    refused(proof(c -> c.put("iat", now + most + 1)), "made long from now");
    refused(proof(c -> c.remove("iat")), "no time");
    refused(proof(c -> c.put("iat", "now")), "a text");
    refused(proof(c -> c.put("iat", 1e300)), "no time at all");
  }

  @Test
  void aProofHasANameOfItsOwn() {
    refused(proof(c -> c.remove("jti")), "none");
    refused(proof(c -> c.put("jti", "")), "an empty one");
    refused(proof(c -> c.put("jti", 7)), "a number");
    refused(proof(c -> c.put("jti", "x".repeat(201))), "too long");
    verify(proof(c -> c.put("jti", "x".repeat(200))));
  }

  private String signed(java.util.function.UnaryOperator<JWSHeader.Builder> header) {
    return KEY.sign(header, client.claims("POST", URL, nonces.next(TENANT), null));
  }

  @Test
  void theHeaderSaysWhatItIsAndBringsThePublicKeyThatSigned() throws Exception {
    JOSEObjectType type = new JOSEObjectType("dpop+jwt");
    verify(signed(h -> h.type(type).jwk(KEY.jwk().toPublicJWK())));
    for (@Nullable String other : new @Nullable String[] {"JWT", "at+jwt", null}) {
      refused(
          signed(
              h ->
                  (other == null ? h : h.type(new JOSEObjectType(other)))
                      .jwk(KEY.jwk().toPublicJWK())),
          "of type " + other);
    }
    refused(signed(h -> h.type(type)), "no key");
    refused(signed(h -> h.type(type).jwk(ClientKey.ec(null).jwk().toPublicJWK())), "another key");
    refused(
        signed(
            h ->
                h.type(type)
                    .jwk(KEY.jwk().toPublicJWK())
                    .criticalParams(Set.of("urn:x"))
                    .customParam("urn:x", 1)),
        "critical");
    // With its private part, which would be anybody's from then on.
    String[] parts = proof(_ -> {}).split("\\.", -1);
    ObjectNode header = (ObjectNode) Json.parse(Base64URL.from(parts[0]).decodeToString());
    header.set("jwk", Json.parse(KEY.jwk().toJSONString()));
    refused(resigned(header, parts[1]), "a private key");
    header.set("jwk", Json.object().put("kty", "oct").put("k", "c2VjcmV0"));
    refused(resigned(header, parts[1]), "a symmetric key");
    JWSObject mac =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.HS256)
                .type(type)
                .jwk(KEY.jwk().toPublicJWK())
                .build(),
            new Payload(Json.write(client.claims("POST", URL, nonces.next(TENANT), null))));
    mac.sign(
        new MACSigner(KEY.jwk().toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8)));
    refused(mac.serialize(), "HS256 under the public key");
    header.put("alg", "none");
    refused(Base64URL.encode(Json.write(header)) + "." + parts[1] + ".AAAA", "none");
    refused(proof(c -> c.put("filler", "x".repeat(4_000))), "too large");
  }

  /// Signed right, whatever the header says.
  private static String resigned(ObjectNode header, String payload) throws Exception {
    String input = Base64URL.encode(Json.write(header)) + "." + payload;
    Base64URL signature =
        new com.nimbusds.jose.crypto.ECDSASigner(KEY.jwk().toECKey())
            .sign(new JWSHeader(JWSAlgorithm.ES256), input.getBytes(StandardCharsets.US_ASCII));
    return input + "." + signature;
  }

  private void verifyFor(String proof, String token, String thumbprint) {
    proofs.verify(
        new DpopProofs.Request(ISSUER, List.of(proof), "POST", PATH, Secret.of(token)), thumbprint);
  }

  @Test
  void aProofForATokenNamesItAndIsOfItsKey() {
    verifyFor(
        client.proof("POST", URL, nonces.next(TENANT), "a.token"), "a.token", KEY.thumbprint());
    Map<String, Consumer<ObjectNode>> wrong =
        Map.of(
            "no ath", c -> c.remove("ath"),
            "another token's", c -> c.put("ath", Dpop.hash("another.token")),
            "the token itself", c -> c.put("ath", "a.token"));
    wrong.forEach(
        (why, change) ->
            assertThatThrownBy(
                    () ->
                        verifyFor(
                            client.proof("POST", URL, nonces.next(TENANT), "a.token", change),
                            "a.token",
                            KEY.thumbprint()))
                .as(why)
                .isInstanceOf(InvalidProof.class));
    Dpop thief = new Dpop(ClientKey.ec(null), clock);
    assertThatThrownBy(
            () ->
                verifyFor(
                    thief.proof("POST", URL, nonces.next(TENANT), "a.token"),
                    "a.token",
                    KEY.thumbprint()))
        .hasMessageContaining("another key");
  }

  @Test
  void aProofIsRememberedAsLongAsItsNonceIsGood() {
    List<Instant> until = new java.util.ArrayList<>();
    DpopProofs remembering = new DpopProofs(nonces, (_, _, end) -> until.add(end), clock);
    remembering.verify(new DpopProofs.Request(ISSUER, List.of(proof(_ -> {})), "POST", PATH, null));
    assertThat(until)
        .containsExactly(
            Instant.ofEpochSecond(clock.instant().getEpochSecond())
                .plus(DpopNonces.LIFETIME)
                .plus(DpopNonces.SKEW));
  }
}
