package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.TenantPath;
import dev.mandate.platform.json.Json;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/tenant`, a tenant's own settings; and, in the tenant that runs the server and in no
/// other, `/admin/v1/tenants`: all of them.
public final class TenantsApi {
  private static final Duration LIFETIME = Duration.ofDays(30);
  private static final Duration LIFETIME_LONGEST = Duration.ofDays(90);
  private static final long SECONDS_MAX = 10L * 366 * 24 * 3600;

  private static final Problem TENANT_EXISTS =
      new Problem(409, "tenant_exists", "There is a tenant of this id");

  private static final Schema NAME = Schema.text();

  private static final Schema ZONE =
      Schema.text()
          .describe("In which its days begin: a name of the time zone database.")
          .example("Europe/Berlin");

  private static final Schema SECONDS = Schema.integer(1, SECONDS_MAX);

  private static final Schema DEFAULT_LIFETIME =
      SECONDS.describe("Of a mandate whose request names no end, in seconds.");

  private static final Schema MAX_LIFETIME =
      SECONDS.describe("The longest that a person may give, in seconds.");

  private static final Schema DISABLED =
      Schema.flag().describe("A disabled tenant is not served, and none of its mandates holds.");

  private static final Schema TENANT = described("Tenant", "A tenant and what it decides.");

  private static final Schema TENANT_WITH_SECRETS =
      described("NewTenantWithSecrets", "A tenant, this once with the secrets that were made.")
          .maybe("owner_password", Schema.text().describe("Shown in this answer only."))
          .maybe("api_key", Schema.text().describe("Shown in this answer only."));

  private static final Schema NEW_TENANT =
      Schema.body("NewTenant", "A tenant to be.")
          .with(
              "id",
              Schema.pattern("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", TenantPath.SLUG_CHARACTERS_MAX)
                  .describe("The slug in its issuer; never changes.")
                  .example("acme"))
          .with("name", NAME)
          .maybe("zone", ZONE.byDefault("UTC"))
          .maybe("mandate_lifetime", DEFAULT_LIFETIME.byDefault(LIFETIME.toSeconds()))
          .maybe("mandate_lifetime_max", MAX_LIFETIME.byDefault(LIFETIME_LONGEST.toSeconds()))
          .maybe(
              "owner",
              Schema.body("NewOwner", "Its first owner, with a password that is generated.")
                  .with("username", UsersApi.USERNAME)
                  .maybe("display_name", Schema.text()))
          .maybe(
              "api_key",
              Schema.flag()
                  .byDefault(false)
                  .describe("Make a key of its admin API that has every scope."));

  private static final Schema OWN_SETTINGS =
      Schema.body("TenantSettings", "What a tenant decides for itself.")
          .with("name", NAME)
          .with("zone", ZONE)
          .with("mandate_lifetime", DEFAULT_LIFETIME)
          .with("mandate_lifetime_max", MAX_LIFETIME);

  private static final Schema SETTINGS =
      Schema.body("AnyTenantSettings", "What can be changed of a tenant.")
          .with("name", NAME)
          .with("zone", ZONE)
          .with("mandate_lifetime", DEFAULT_LIFETIME)
          .with("mandate_lifetime_max", MAX_LIFETIME)
          .with("disabled", DISABLED);

  private final TenantStore tenants;
  private final TenantStart start;
  private final Issuers issuers;
  private final TenantId home;

  /// @param home the tenant that runs the server
  public TenantsApi(TenantStore tenants, TenantStart start, Issuers issuers, TenantId home) {
    this.tenants = tenants;
    this.start = start;
    this.issuers = issuers;
    this.home = home;
  }

  private static Schema described(String name, String description) {
    return Schema.answer(name, description)
        .with("id", Schema.text())
        .with("issuer", Schema.string(1, 2000))
        .with("name", NAME)
        .with("zone", ZONE)
        .with("mandate_lifetime", DEFAULT_LIFETIME)
        .with("mandate_lifetime_max", MAX_LIFETIME)
        .with("disabled", DISABLED);
  }

  public List<Operation> operations() {
    Single<Tenant> own =
        new Single<>(
            "/tenant", TENANT, call -> tenants.find(call.tenant()), (_, found) -> json(found));
    Single<Tenant> one =
        new Single<>("/tenants/{tenant_id}", TENANT, this::find, (_, found) -> json(found));
    return List.of(
        Operation.read("readOwnTenant", AdminScope.TENANTS_READ, own)
            .says("Reads the tenant of this admin API"),
        Operation.patch(
                "changeOwnTenant",
                AdminScope.TENANTS_WRITE,
                own,
                OWN_SETTINGS,
                this::changed,
                tenants::replace)
            .says("Changes the tenant of this admin API")
            .audited("tenant.changed"),
        Operation.list("listTenants", AdminScope.TENANTS_READ, "/tenants", TENANT, this::page)
            .says("Lists all tenants by id; only in the tenant that runs the server")
            .mayRefuse(Problem.NOT_FOUND),
        Operation.create(
                "createTenant",
                AdminScope.TENANTS_WRITE,
                "/tenants",
                NEW_TENANT,
                TENANT_WITH_SECRETS,
                this::create)
            .says("Makes a tenant; only in the tenant that runs the server")
            .audited("tenant.created")
            .mayRefuse(TENANT_EXISTS, Problem.NOT_FOUND, Reach.NEEDS_API_KEY),
        Operation.read("readTenant", AdminScope.TENANTS_READ, one)
            .says("Reads any tenant; only in the tenant that runs the server"),
        Operation.patch(
                "changeTenant",
                AdminScope.TENANTS_WRITE,
                one,
                SETTINGS,
                this::changed,
                tenants::replace)
            .says(
                "Changes any tenant, disables or enables it; only in the tenant that runs the"
                    + " server")
            .audited("tenant.changed"),
        Operation.act(
                "createTenantApiKey",
                AdminScope.TENANTS_WRITE,
                one,
                "api_key",
                null,
                TENANT_WITH_SECRETS,
                this::createKey)
            .says(
                "Makes a key of any tenant's admin API that has every scope, for a tenant whose"
                    + " owners are locked out; its own audit log says so")
            .audited("tenant.api_key_created")
            .mayRefuse(Reach.BEYOND, Reach.NEEDS_API_KEY));
  }

  /// Other tenants don't know that there are any but themselves.
  private void requireHome(Call call) {
    if (!call.tenant().equals(home)) {
      throw Problem.NOT_FOUND.because("there is no such thing at this path");
    }
  }

  private Page page(Call call, Page.Range range) {
    requireHome(call);
    String after = range.after();
    return Page.of(
        tenants.page(after == null ? null : new TenantId(after), range.rows()),
        range,
        this::json,
        tenant -> tenant.id().value());
  }

  private @Nullable Tenant find(Call call) {
    requireHome(call);
    return tenants.find(new TenantId(call.path("tenant_id")));
  }

  private Made create(Call call, ObjectNode body) {
    requireHome(call);
    String slug = body.required("id").asText();
    if (!TenantId.isFree(slug)) {
      throw Problem.member("/id", "is no slug that a tenant may have");
    }
    boolean needsKey = body.required("api_key").asBoolean();
    if (needsKey || body.has("owner")) {
      Reach.requireLasting(call);
    }
    Tenant tenant = read(new TenantId(slug), body, false);
    if (!tenants.create(tenant)) {
      throw TENANT_EXISTS.because("there is a tenant " + slug);
    }
    ObjectNode json = json(tenant);
    Map<String, Secret> shownOnce = new HashMap<>();
    JsonNode owner = body.get("owner");
    if (owner != null) {
      String username = owner.required("username").asText();
      String displayName = owner.path("display_name").asText(username);
      TenantStart.Owner made = start.owner(call, tenant.id(), username, displayName);
      shownOnce.put("owner_password", made.password());
    }
    if (needsKey) {
      shownOnce.put("api_key", start.key(call, tenant.id()));
    }
    return new Made(json, shownOnce);
  }

  private Made createKey(Call call, Tenant current, ObjectNode body) {
    Reach.requireLasting(call);
    if (current.id().equals(home)) {
      // Of the caller's own tenant: else tenants:write would be every scope.
      Reach.require(call, AdminScope.names(), "the key would have");
    }
    return new Made(json(current), Map.of("api_key", start.key(call, current.id())));
  }

  private Tenant changed(Call call, Tenant current, ObjectNode body) {
    boolean disabled = body.path("disabled").asBoolean(current.disabled());
    if (disabled && current.id().equals(home)) {
      throw Problem.member("/disabled", "is true for the tenant that runs the server");
    }
    return read(current.id(), body, disabled);
  }

  private static Tenant read(TenantId id, ObjectNode body, boolean disabled) {
    String zone = body.required("zone").asText();
    if (!ZoneId.getAvailableZoneIds().contains(zone)) {
      throw Problem.member("/zone", "is no name of the time zone database");
    }
    Duration lifetime = Duration.ofSeconds(body.required("mandate_lifetime").asLong());
    Duration longest = Duration.ofSeconds(body.required("mandate_lifetime_max").asLong());
    if (lifetime.compareTo(longest) > 0) {
      throw Problem.member("/mandate_lifetime", "is longer than mandate_lifetime_max");
    }
    return new Tenant(
        id, body.required("name").asText(), ZoneId.of(zone), lifetime, longest, disabled);
  }

  private ObjectNode json(Tenant tenant) {
    return Json.object()
        .put("id", tenant.id().value())
        .put("issuer", issuers.of(tenant.id()).url())
        .put("name", tenant.name())
        .put("zone", tenant.zone().getId())
        .put("mandate_lifetime", tenant.mandateLifetime().toSeconds())
        .put("mandate_lifetime_max", tenant.mandateLifetimeMax().toSeconds())
        .put("disabled", tenant.disabled());
  }
}
