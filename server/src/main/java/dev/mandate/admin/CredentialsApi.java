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
import dev.mandate.domain.credential.CredentialState;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.CredentialTests;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.credential.Rotation;
import dev.mandate.domain.credential.RotationStore;
import dev.mandate.domain.credential.Rotations;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/upstreams/{upstream_id}/credentials`: the tenant's versions: list, add, read, put
/// into use, weigh, drain, test, rotate, remove. A secret goes in and never comes out: it is
/// sealed, and an answer has its last characters at most. People's own credentials are not here:
/// nobody but they sees them.
public final class CredentialsApi {
  private static final String PATH = "/upstreams/{upstream_id}/credentials";
  static final int SECRET_CHARACTERS_MIN = 8;
  static final int SECRET_CHARACTERS_MAX = 4096;

  private static final Problem TOO_MANY =
      new Problem(409, "too_many_credentials", "The upstream has as many as it can have");

  private static final Problem TOO_MANY_TESTS =
      new Problem(429, "too_many_tests", "The tenant tests credentials too often");

  private static final Problem NOT_ROTATABLE =
      new Problem(409, "not_rotatable", "Keys for this upstream can't be made at its provider");

  private static final Problem ROTATION_UNDER_WAY =
      new Problem(409, "rotation_under_way", "One is replaced already, or this one is out of use");

  private static final Schema STATE =
      Schema.oneOf(Arrays.stream(CredentialState.values()).map(CredentialState::wire).toList());

  private static final Schema WEIGHT = Schema.integer(0, CredentialStore.WEIGHT_MAX);

  private static final Schema CREDENTIAL =
      Schema.answer("Credential", "A secret that the server holds for an upstream.")
          .with("id", Schema.text())
          .with("upstream_id", Schema.text())
          .with("hint", Schema.string(0, CredentialStore.HINT_CHARACTERS).describe("Its end."))
          .with("active", Schema.flag().describe("Whether new calls go out with it."))
          .with("state", STATE)
          .with("weight", WEIGHT.describe("Its share of the calls, while it is active."))
          .with("created_at", Schema.instant())
          .maybe("ends_at", Schema.instant().describe("When a draining one ends at the latest."))
          .maybe("retry_at", Schema.instant().describe("When a rejected one is tested again."))
          .maybe("last_used_at", Schema.instant().describe("To the minute."))
          .maybe("last_error", Schema.text())
          .maybe("last_error_at", Schema.instant())
          .maybe(
              "provider_ref",
              Schema.text().describe("The account that was made for it at the provider."));

  /// What fits into a header field (RFC 9110 §5.5); nothing else is ever sent.
  static final Schema SECRET =
      Schema.pattern("^[\\x21-\\x7E]{" + SECRET_CHARACTERS_MIN + ",}$", SECRET_CHARACTERS_MAX)
          .writeOnly();

  private static final Schema NEW_CREDENTIAL =
      Schema.body("NewCredential", "A secret of the upstream's provider.")
          .with("secret", SECRET)
          .maybe(
              "weight",
              WEIGHT.describe(
                  "Its share beside the others. Absent: it takes all calls and the others drain."))
          .example(Map.of("secret", "sk-example-0123456789abcdef"));

  private static final Schema NEW_WEIGHT =
      Schema.body("NewWeight", "A share of the calls.")
          .with("weight", WEIGHT.describe("0: none."))
          .example(Map.of("weight", 3));

  private static final Schema TESTED =
      Schema.answer("CredentialTest", "What the provider says to a credential.")
          .with("id", Schema.text())
          .with(
              "verdict",
              Schema.oneOf(
                      Arrays.stream(ProviderDesk.Verdict.values())
                          .map(CredentialsApi::wire)
                          .toList())
                  .describe(
                      "`forbidden`: the key is known and may not list models, which says nothing"
                          + " about calls."));

  private static final Schema ROTATING =
      Schema.answer("CredentialRotation", "A credential that is being replaced.")
          .with("id", Schema.text().describe("Of the credential."))
          .with("rotation", Schema.text().describe("Also the name of the key at the provider."))
          .with("step", Schema.text());

  private final UpstreamStore upstreams;
  private final CredentialStore credentials;
  private final CredentialTests tests;
  private final Rotations rotations;
  private final RotationStore underWay;
  private final Vault vault;
  private final TokenSource ids;

  public CredentialsApi(
      UpstreamStore upstreams,
      CredentialStore credentials,
      CredentialTests tests,
      Rotations rotations,
      RotationStore underWay,
      Vault vault,
      TokenSource ids) {
    this.upstreams = upstreams;
    this.credentials = credentials;
    this.tests = tests;
    this.rotations = rotations;
    this.underWay = underWay;
    this.vault = vault;
    this.ids = ids;
  }

  public List<Operation> operations() {
    Single<Stored> one =
        new Single<>(
            PATH + "/{credential_id}", CREDENTIAL, this::find, (_, stored) -> json(stored));
    AdminScope writes = AdminScope.CREDENTIALS_WRITE;
    return List.of(
        Operation.list("listCredentials", AdminScope.CREDENTIALS_READ, PATH, CREDENTIAL, this::page)
            .says("Lists an upstream's credentials, oldest first"),
        Operation.create("addCredential", writes, PATH, NEW_CREDENTIAL, CREDENTIAL, this::add)
            .says("Adds a credential: alone, and the others drain; or with a weight beside them")
            .audited("credential.added")
            .mayRefuse(TOO_MANY),
        Operation.read("readCredential", AdminScope.CREDENTIALS_READ, one)
            .says("Reads about a credential"),
        Operation.act("activateCredential", writes, one, "activate", this::activate)
            .says("Puts a credential into use alone; the others drain")
            .audited("credential.activated"),
        Operation.act("weighCredential", writes, one, "weigh", NEW_WEIGHT, CREDENTIAL, this::weigh)
            .says("Puts a credential into use beside the others, with a share of the calls")
            .audited("credential.weighed"),
        Operation.act("drainCredential", writes, one, "drain", this::drain)
            .says("Takes a credential out of use; calls that are open finish, within an hour")
            .audited("credential.drained"),
        Operation.act("testCredential", writes, one, "test", null, TESTED, this::test)
            .says("Asks the provider whether it accepts a credential; costs nothing")
            .audited("credential.tested")
            .mayRefuse(TOO_MANY_TESTS),
        Operation.act("rotateCredential", writes, one, "rotate", null, ROTATING, this::rotate)
            .says("Begins to replace a credential by one that is made at the provider")
            .audited("credential.rotation_begun")
            .mayRefuse(NOT_ROTATABLE, ROTATION_UNDER_WAY),
        Operation.remove("removeCredential", writes, one, this::remove)
            .says("Removes a credential at once; open calls with it are cut")
            .audited("credential.removed"));
  }

  static String wire(ProviderDesk.Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
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
        CredentialsApi::json,
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
    boolean alone = !body.has("weight");
    Stored stored =
        Stored.fresh(
            call.tenant(),
            id,
            upstream.name(),
            null,
            vault.seal(call.tenant(), Stored.row(id), secret.utf8()),
            CredentialStore.hint(secret),
            alone ? CredentialStore.WEIGHT_USUAL : body.required("weight").asInt(),
            now);
    return switch (credentials.add(upstream.origin(), stored, alone)) {
      case DONE -> Made.of(json(stored));
      case ELSEWHERE, NOT_ALLOWED ->
          throw Problem.NOT_FOUND.because("the upstream was moved or deleted at this moment");
      case TOO_MANY ->
          throw TOO_MANY.because(
              "an upstream has at most " + CredentialStore.VERSIONS_MAX + "; remove one first");
    };
  }

  private Made activate(Call call, Stored current, ObjectNode body) {
    return after(
        call,
        current,
        credentials.activate(call.tenant(), current.upstream(), current.id(), call.now()));
  }

  private Made weigh(Call call, Stored current, ObjectNode body) {
    return after(
        call,
        current,
        credentials.weigh(
            call.tenant(),
            current.upstream(),
            current.id(),
            body.required("weight").asInt(),
            call.now()));
  }

  private Made drain(Call call, Stored current, ObjectNode body) {
    return after(
        call,
        current,
        credentials.drain(call.tenant(), current.upstream(), current.id(), call.now()));
  }

  private Made after(Call call, Stored before, boolean found) {
    Stored now = found ? credentials.find(call.tenant(), before.upstream(), before.id()) : null;
    if (now == null) {
      throw Problem.NOT_FOUND.because("the credential was removed at this moment");
    }
    return Made.of(json(now));
  }

  private Made test(Call call, Stored current, ObjectNode body) {
    ProviderDesk.Verdict verdict = tests.test(upstream(call), current, call.requestId());
    if (verdict == null) {
      throw TOO_MANY_TESTS.because(
          "a tenant tests at most %d times in %d s"
              .formatted(CredentialTests.TESTS_MAX, CredentialTests.TESTS_WITHIN.toSeconds()));
    }
    return Made.of(Json.object().put("id", current.id()).put("verdict", wire(verdict)));
  }

  private Made rotate(Call call, Stored current, ObjectNode body) {
    return switch (rotations.begin(current)) {
      case DONE -> {
        Rotation rotation = underWay.find(call.tenant(), current.upstream());
        yield Made.of(
            Json.object()
                .put("id", current.id())
                .put("rotation", rotation == null ? "ended" : rotation.id())
                .put("step", rotation == null ? "ended" : rotation.step().wire()));
      }
      case NOT_NOW ->
          throw ROTATION_UNDER_WAY.because(
              "one of this upstream is being replaced, or this one takes no calls");
      case NOT_HERE ->
          throw NOT_ROTATABLE.because(
              "the upstream's credential policy names no project and admin secret, or its provider"
                  + " lets only people make keys");
    };
  }

  private boolean remove(Call call, Stored current) {
    return credentials.delete(call.tenant(), current.upstream(), current.id());
  }

  private static ObjectNode json(Stored stored) {
    ObjectNode node =
        Json.object()
            .put("id", stored.id())
            .put("upstream_id", stored.upstream())
            .put("hint", stored.hint())
            .put("active", stored.takesCalls())
            .put("state", stored.state().wire())
            .put("weight", stored.weight())
            .put("created_at", stored.createdAt().toString());
    put(node, "ends_at", stored.endsAt());
    put(node, "retry_at", stored.retryAt());
    put(node, "last_used_at", stored.lastUsedAt());
    put(node, "last_error", stored.lastError());
    put(node, "last_error_at", stored.lastErrorAt());
    put(node, "provider_ref", stored.providerRef());
    return node;
  }

  private static void put(ObjectNode node, String member, @Nullable Object value) {
    if (value != null) {
      node.put(member, value.toString());
    }
  }
}
