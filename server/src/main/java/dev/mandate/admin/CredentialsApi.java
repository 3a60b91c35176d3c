package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/upstreams/{upstream_id}/credentials`: list, add, read, put into use, remove. A secret
/// goes in and never comes out: it is sealed, and an answer has its last characters at most.
public final class CredentialsApi {
  private static final String PATH = "/upstreams/{upstream_id}/credentials";
  private static final int SECRET_CHARACTERS_MIN = 8;
  private static final int SECRET_CHARACTERS_MAX = 4096;

  private static final Schema CREDENTIAL =
      Schema.answer("Credential", "A secret that the server holds for an upstream.")
          .with("id", Schema.text())
          .with("upstream_id", Schema.text())
          .with("hint", Schema.string(0, CredentialStore.HINT_CHARACTERS).describe("Its end."))
          .with("active", Schema.flag().describe("Whether calls use it; one of an upstream's is."))
          .with("created_at", Schema.instant());

  private static final Schema NEW_CREDENTIAL =
      Schema.body("NewCredential", "A secret of the upstream's provider.")
          .with(
              "secret",
              // What fits into a header field (RFC 9110 §5.5); nothing else is ever sent.
              Schema.pattern(
                      "^[\\x21-\\x7E]{" + SECRET_CHARACTERS_MIN + ",}$", SECRET_CHARACTERS_MAX)
                  .writeOnly())
          .example(Map.of("secret", "sk-example-0123456789abcdef"));

  private final UpstreamStore upstreams;
  private final CredentialStore credentials;
  private final Vault vault;
  private final TokenSource ids;

  public CredentialsApi(
      UpstreamStore upstreams, CredentialStore credentials, Vault vault, TokenSource ids) {
    this.upstreams = upstreams;
    this.credentials = credentials;
    this.vault = vault;
    this.ids = ids;
  }

  public List<Operation> operations() {
    Single<Stored> one =
        new Single<>(PATH + "/{credential_id}", CREDENTIAL, this::find, this::json);
    return List.of(
        Operation.list("listCredentials", AdminScope.CREDENTIALS_READ, PATH, CREDENTIAL, this::page)
            .says("Lists an upstream's credentials, oldest first"),
        Operation.create(
                "addCredential",
                AdminScope.CREDENTIALS_WRITE,
                PATH,
                NEW_CREDENTIAL,
                CREDENTIAL,
                this::add)
            .says("Adds a credential and puts it into use; the others stay, out of use")
            .audited("credential.added"),
        Operation.read("readCredential", AdminScope.CREDENTIALS_READ, one)
            .says("Reads about a credential"),
        Operation.act(
                "activateCredential", AdminScope.CREDENTIALS_WRITE, one, "activate", this::activate)
            .says("Puts a credential into use, in place of the one that was")
            .audited("credential.activated"),
        Operation.remove("removeCredential", AdminScope.CREDENTIALS_WRITE, one, this::remove)
            .says("Removes a credential; the last that was in use before it takes over")
            .audited("credential.removed"));
  }

  private Upstream upstream(Call call) {
    Upstream upstream = upstreams.find(call.tenant(), call.path("upstream_id"));
    if (upstream == null) {
      throw Problem.NOT_FOUND.because("there is no such upstream");
    }
    return upstream;
  }

  private Page page(Call call, Page.Range range) {
    Upstream upstream = upstream(call);
    return Page.of(
        credentials.page(call.tenant(), upstream.name(), range.after(), range.rows()),
        range,
        stored -> json(call, stored),
        Stored::id);
  }

  private @Nullable Stored find(Call call) {
    return credentials.find(call.tenant(), call.path("upstream_id"), call.path("credential_id"));
  }

  private Made add(Call call, ObjectNode body) {
    Upstream upstream = upstream(call);
    Secret secret = Secret.of(body.required("secret").asText());
    String id = ids.id("cred");
    Instant now = call.now().truncatedTo(ChronoUnit.MILLIS);
    Stored stored =
        new Stored(
            call.tenant(),
            id,
            upstream.name(),
            vault.seal(call.tenant(), Stored.row(id), secret.utf8()),
            CredentialStore.hint(secret),
            now,
            now);
    if (!credentials.insertFor(upstream.origin(), stored)) {
      throw Problem.NOT_FOUND.because("the upstream was moved or deleted at this moment");
    }
    return Made.of(json(call, stored));
  }

  private Made activate(Call call, Stored current, ObjectNode body) {
    if (!credentials.activate(call.tenant(), current.upstream(), current.id(), call.now())) {
      throw Problem.NOT_FOUND.because("the credential was removed at this moment");
    }
    return Made.of(json(call, current));
  }

  private boolean remove(Call call, Stored current) {
    return credentials.delete(call.tenant(), current.upstream(), current.id());
  }

  private ObjectNode json(Call call, Stored stored) {
    Stored inUse = credentials.current(call.tenant(), stored.upstream());
    return Json.object()
        .put("id", stored.id())
        .put("upstream_id", stored.upstream())
        .put("hint", stored.hint())
        .put("active", inUse != null && inUse.id().equals(stored.id()))
        .put("created_at", stored.createdAt().toString());
  }
}
