package dev.mandate.platform.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TenantPathTest {
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "/, -, /",
        "/oauth/token, -, /oauth/token",
        "/tea, -, /tea",
        "/t, -, /t",
        "/t/a, a, /",
        "/t/a/, a, /",
        "/t/acme/oauth/token, acme, /oauth/token",
        "/t/a-1/t/b/x, a-1, /t/b/x",
        "/.well-known/x/t/acme, acme, /.well-known/x",
        "/.well-known/x/t/acme/mcp/y, acme, /.well-known/x/mcp/y",
        "/.well-known/x, -, /.well-known/x",
        "/.well-known/x/y/t/acme, -, /.well-known/x/y/t/acme",
        "/x/t/acme, -, /x/t/acme"
      })
  void takesTheTenantOffThePath(String path, String slug, String rest) {
    assertThat(TenantPath.of(path, path)).isEqualTo(new TenantPath(slug, rest));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/t/",
        "/t//x",
        "/t/A/x",
        "/t/a_b",
        "/t/-a",
        "/t/a-",
        "/t/ä",
        "/t/a.b",
        "/.well-known/x/t/",
        "/.well-known/x/t/A"
      })
  void refusesWhatBeginsAsATenantsPathAndSpellsNone(String path) {
    assertThat(TenantPath.of(path, path)).isNull();
  }

  @Test
  void refusesASecondSpellingOfTheSameTenant() {
    assertThat(TenantPath.of("/t/%61cme/x", "/t/acme/x")).isNull();
    assertThat(TenantPath.of("/%74/acme/x", "/t/acme/x")).isNull();
    assertThat(TenantPath.of("/.well-known/x/t/%61", "/.well-known/x/t/a")).isNull();
    assertThat(TenantPath.of("/t/acme/%61", "/t/acme/a")).isEqualTo(new TenantPath("acme", "/a"));
  }

  @Test
  void aSlugHasAtMostFortyCharacters() {
    assertThat(TenantPath.isSlug("a".repeat(TenantPath.SLUG_CHARACTERS_MAX))).isTrue();
    assertThat(TenantPath.isSlug("a".repeat(TenantPath.SLUG_CHARACTERS_MAX + 1))).isFalse();
    assertThat(TenantPath.isSlug("")).isFalse();
  }
}
