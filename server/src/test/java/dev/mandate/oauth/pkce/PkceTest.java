package dev.mandate.oauth.pkce;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PkceTest {
  private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

  /// RFC 7636, appendix B.
  @Test
  void computesTheChallengeOfTheRfc() {
    assertThat(Pkce.challenge(VERIFIER)).isEqualTo("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assertThat(Pkce.matches(VERIFIER, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")).isTrue();
  }

  @Test
  void aVerifierHas43To128UnreservedCharacters() {
    assertThat(Pkce.isVerifier("a".repeat(42))).isFalse();
    assertThat(Pkce.isVerifier("a".repeat(43))).isTrue();
    assertThat(Pkce.isVerifier("-._~" + "Z9".repeat(62))).isTrue();
    assertThat(Pkce.isVerifier("a".repeat(129))).isFalse();
    assertThat(Pkce.isVerifier("a".repeat(43) + "+")).isFalse();
    assertThat(Pkce.isVerifier("a".repeat(43) + "\n")).isFalse();
    assertThat(Pkce.isVerifier("é".repeat(43))).isFalse();
  }

  @Test
  void aChallengeIsTheBase64urlOfAHash() {
    assertThat(Pkce.isChallenge(Pkce.challenge(VERIFIER))).isTrue();
    assertThat(Pkce.isChallenge("a".repeat(42))).isFalse();
    assertThat(Pkce.isChallenge("a".repeat(44))).isFalse();
    assertThat(Pkce.isChallenge("a".repeat(42) + "=")).isFalse();
  }

  @Test
  void anotherVerifierDoesNotMatch() {
    assertThat(Pkce.matches("a".repeat(43), Pkce.challenge(VERIFIER))).isFalse();
    assertThat(Pkce.matches("", Pkce.challenge(""))).isFalse();
  }

  @Test
  void theChallengeItselfIsNoVerifier() {
    String challenge = Pkce.challenge(VERIFIER);
    assertThat(Pkce.matches(challenge, challenge)).isFalse();
  }
}
