package dev.mandate.oauth.scope;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.user.Role;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tokens for the admin API stand alone.
class AdminTokenTest {
  private static final String ADMIN = OAuthServer.ISSUER + "/admin/v1";
  private static final String OPENAI = OAuthServer.ISSUER + "/openai/v1";
  private static final String BOTH = "clients:read llm:openai openid users:read";

  private OAuthServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.ADMIN);
    save(Fixture.APP, AdminScope.names());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void save(ClientId id, Set<String> admin) {
    Set<String> scopes = new TreeSet<>(admin);
    scopes.addAll(Set.of("openid", "profile", "llm:openai"));
    server
        .stores
        .clients()
        .save(
            server.fixture.client(
                id,
                id.equals(Fixture.SERVICE) ? Fixture.SERVICE_SECRET : null,
                id.equals(Fixture.SERVICE) ? null : Fixture.REDIRECT,
                Set.of("authorization_code", "refresh_token", "client_credentials"),
                scopes,
                false));
  }

  private Mandate mandate(String scopes, String... upstreams) {
    return server.fixture.mandate(Fixture.APP, Fixture.ADA, scopes, upstreams);
  }

  private void isFor(Answer answer, String scopes, String... audience) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    var claims = server.accessTokens.verify(server.issuers.root(), answer.text("access_token"));
    assertThat(claims.audience()).containsExactly(audience);
    assertThat(String.join(" ", claims.scopes())).isEqualTo(scopes);
    assertThat(answer.text("scope")).isEqualTo(scopes);
  }

  private static void refused(Answer answer, String error) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(400);
    assertThat(answer.text("error")).isEqualTo(error);
  }

  @Test
  void aMandateForNothingElseYieldsATokenForTheAdminApi() {
    Answer answer = server.redeem(server.code(mandate("clients:read users:write")));
    isFor(answer, "clients:read users:write", ADMIN);
    assertThat(answer.json().has("authorization_details")).isFalse();
  }

  @Test
  void signingInBesidesMakesNoDifference() {
    Answer answer = server.redeem(server.code(mandate("clients:read openid")));
    isFor(answer, "clients:read", ADMIN);
    assertThat(answer.json().has("id_token")).isTrue();
  }

  @Test
  void whereAMandateHasBothTheTokenIsForTheModelsUnlessTheAdminApiIsNamed() {
    Answer first = server.redeem(server.code(mandate(BOTH, "openai")));
    isFor(first, "llm:openai openid", OPENAI, OAuthServer.USERINFO);
    Answer admin = server.refresh(first.text("refresh_token"), "resource", ADMIN);
    isFor(admin, "clients:read users:read", ADMIN);
    assertThat(admin.json().has("authorization_details")).isFalse();
    Answer named = server.refresh(admin.text("refresh_token"), "scope", "clients:read");
    isFor(named, "clients:read", ADMIN);
  }

  @Test
  void noTokenIsForTheAdminApiAndSomethingElse() {
    String code = server.code(mandate(BOTH, "openai"));
    refused(server.redeem(code, "resource", ADMIN, "resource", OPENAI), "invalid_target");
    refused(
        server.redeem(code, "resource", OAuthServer.USERINFO, "resource", ADMIN), "invalid_target");
    isFor(server.redeem(code, "resource", ADMIN), "clients:read users:read", ADMIN);
  }

  @Test
  void theAdminApiIsNoResourceOfAMandateWithoutItsScopes() {
    refused(
        server.redeem(server.code(mandate("llm:openai", "openai")), "resource", ADMIN),
        "invalid_target");
  }

  @Test
  void aScopeEndsWithTheRoleThatGaveIt() {
    Answer first = server.redeem(server.code(mandate("clients:read clients:write")));
    isFor(first, "clients:read clients:write", ADMIN);
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.AUDITOR);
    refused(server.refresh(first.text("refresh_token"), "scope", "clients:write"), "invalid_scope");
    Answer narrow = server.refresh(first.text("refresh_token"));
    isFor(narrow, "clients:read", ADMIN);
    server.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.MEMBER);
    refused(server.refresh(narrow.text("refresh_token")), "invalid_scope");
  }

  @Test
  void aScopeEndsWithTheClientsRegistration() {
    Answer first = server.redeem(server.code(mandate("clients:read clients:write")));
    save(Fixture.APP, Set.of("clients:read"));
    isFor(server.refresh(first.text("refresh_token")), "clients:read", ADMIN);
  }

  @Test
  void aServiceAdministersWhatItsStandingMandateAndRegistrationSay() {
    server.fixture.mandate(
        Fixture.SERVICE, null, "clients:read clients:write llm:openai", "openai");
    save(Fixture.SERVICE, Set.of("clients:read"));
    isFor(service("resource", ADMIN), "clients:read", ADMIN);
    isFor(service(), "llm:openai", OPENAI);
    refused(service("scope", "clients:write"), "invalid_scope");
  }

  private Answer service(String... more) {
    return server.send(
        server
            .request("/oauth/token")
            .header("authorization", OAuthServer.basic("service", Fixture.SERVICE_SECRET))
            .POST(OAuthServer.body(OAuthServer.with(more, "grant_type", "client_credentials"))));
  }

  @Test
  void everyAdminScopeExistsAndNoOther() {
    for (String scope : AdminScope.names()) {
      assertThat(Scopes.parse(scope)).containsExactly(scope);
    }
    for (String scope : List.of("clients:*", "clients", "introspect", "CLIENTS:READ", "admin")) {
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> Scopes.parse(scope))
          .isInstanceOf(dev.mandate.oauth.OAuthException.class);
    }
  }
}
