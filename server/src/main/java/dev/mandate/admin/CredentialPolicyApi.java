package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.credential.CredentialPolicy;
import dev.mandate.domain.credential.CredentialPolicyStore;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/upstreams/{upstream_id}/credential_policy`: whose keys pay, and how the tenant's is
/// replaced. The provider's admin secret goes in and never comes out.
public final class CredentialPolicyApi {
  private static final String PATH = "/upstreams/{upstream_id}/credential_policy";
  private static final int DAYS_MAX = 366;

  private static final Schema OWN =
      Schema.oneOf(Arrays.stream(OwnCredentials.values()).map(OwnCredentials::wire).toList())
          .describe("Whether people may, or must, pay with keys of their own.");

  private static final Schema DAYS =
      Schema.integer(1, DAYS_MAX)
          .describe("After how many days a credential is replaced; by people where none is made.");

  private static final Schema PROJECT =
      Schema.pattern("^[A-Za-z0-9_-]+$", 100)
          .describe("Of the provider's account, in which keys are made.");

  private static final Schema POLICY =
      Schema.answer("CredentialPolicy", "Whose keys pay at an upstream, and how they are replaced.")
          .with("id", Schema.text().describe("The upstream's."))
          .with("own_credentials", OWN)
          .maybe("rotate_days", DAYS)
          .maybe("project", PROJECT)
          .maybe(
              "admin_hint",
              Schema.string(0, CredentialStore.HINT_CHARACTERS)
                  .describe("The end of the admin secret; there when one is kept."));

  private static final Schema NEW_POLICY =
      Schema.body("NewCredentialPolicy", "What is absent is not wanted, but for the admin secret.")
          .maybe("own_credentials", OWN.byDefault(OwnCredentials.OFF.wire()))
          .maybe("rotate_days", DAYS)
          .maybe("project", PROJECT)
          .maybe(
              "admin_secret",
              CredentialsApi.SECRET.describe(
                  "The provider's admin key, which makes keys in the project. Absent: the one that"
                      + " is kept stays, as long as there is a project."))
          .example(Map.of("own_credentials", "allowed", "rotate_days", 30));

  private final UpstreamStore upstreams;
  private final CredentialPolicyStore policies;
  private final Vault vault;

  public CredentialPolicyApi(UpstreamStore upstreams, CredentialPolicyStore policies, Vault vault) {
    this.upstreams = upstreams;
    this.policies = policies;
    this.vault = vault;
  }

  public List<Operation> operations() {
    Single<CredentialPolicy> one =
        new Single<>(PATH, POLICY, this::find, (_, policy) -> json(policy));
    return List.of(
        Operation.read("readCredentialPolicy", AdminScope.CREDENTIALS_READ, one)
            .says("Reads whose keys pay at an upstream, and how they are replaced"),
        Operation.replace(
                "setCredentialPolicy",
                AdminScope.CREDENTIALS_WRITE,
                one,
                NEW_POLICY,
                this::changed,
                this::replace)
            .says("Sets whose keys pay at an upstream, and how they are replaced")
            .audited("credential_policy.changed"));
  }

  private @Nullable CredentialPolicy find(Call call) {
    Upstream upstream = upstreams.find(call.tenant(), call.path("upstream_id"));
    return upstream == null ? null : policies.policy(call.tenant(), upstream.name());
  }

  private CredentialPolicy changed(Call call, CredentialPolicy current, ObjectNode body) {
    Upstream upstream = upstreams.find(call.tenant(), current.upstream());
    String project = body.has("project") ? body.required("project").asText() : null;
    boolean brings = body.has("admin_secret");
    if (project == null && brings) {
      throw Problem.member("/project", "is needed with an admin secret: keys are made in it");
    }
    if (project != null && upstream != null && !ProviderDesk.makesKeys(upstream.provider())) {
      throw Problem.member("/project", "is of no use: this provider lets only people make keys");
    }
    if (project != null && !brings && current.sealedAdminSecret() == null) {
      throw Problem.member("/admin_secret", "is needed with a project: it makes keys in it");
    }
    byte[] sealed = project == null ? null : current.sealedAdminSecret();
    String hint = project == null ? "" : current.adminHint();
    if (brings) {
      Secret secret = Secret.of(body.required("admin_secret").asText());
      sealed = vault.seal(call.tenant(), current.row(), secret.utf8());
      hint = CredentialStore.hint(secret);
    }
    return new CredentialPolicy(
        call.tenant(),
        current.upstream(),
        OwnCredentials.ofWire(body.required("own_credentials").asText()),
        body.has("rotate_days") ? body.required("rotate_days").asInt() : null,
        project,
        sealed,
        hint);
  }

  private boolean replace(CredentialPolicy expected, CredentialPolicy replacement) {
    Upstream upstream = upstreams.find(expected.tenant(), expected.upstream());
    return upstream != null && policies.replace(upstream.origin(), expected, replacement);
  }

  private static ObjectNode json(CredentialPolicy policy) {
    ObjectNode node =
        Json.object()
            .put("id", policy.upstream())
            .put("own_credentials", policy.ownCredentials().wire());
    if (policy.rotateDays() != null) {
      node.put("rotate_days", policy.rotateDays());
    }
    if (policy.project() != null) {
      node.put("project", policy.project());
    }
    if (policy.sealedAdminSecret() != null) {
      node.put("admin_hint", policy.adminHint());
    }
    return node;
  }
}
