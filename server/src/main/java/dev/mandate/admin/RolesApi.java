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
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.domain.user.RoleStore.Outcome;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.json.Json;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/roles`: the built-in roles and the tenant's own, with what each may give away.
public final class RolesApi {
  private static final Problem ROLE_EXISTS =
      new Problem(409, "role_exists", "The tenant has a role of this name");

  private static final Problem ROLE_IN_USE = new Problem(409, "role_in_use", "A user has the role");

  private static final Problem ROLE_BUILT_IN =
      new Problem(409, "role_built_in", "What a built-in role may do is fixed");

  private static final Problem TOO_MANY_ROLES =
      new Problem(409, "too_many_roles", "The tenant has as many roles as it can have");

  static final Schema SCOPES =
      Schema.set(Schema.oneOf(AdminScope.names()), AdminScope.values().length);

  private static final Schema NAME = Schema.pattern("^" + Role.NAME_PATTERN + "$", 63);

  private static final Schema ENTITLEMENTS =
      Access.TERMS_LIST.describe(
          "What a person of the role may give away at most, an entry an upstream. An upstream"
              + " without an entry can't be given away.");

  private static final Schema ROLE =
      Schema.answer("Role", "What a person is in the tenant.")
          .with("id", NAME)
          .with("built_in", Schema.flag())
          .with("admin_scopes", SCOPES)
          .with("entitlements", ENTITLEMENTS);

  private static final Schema NEW_ROLE =
      Schema.body("NewRole", "A role of the tenant's own.")
          .with("id", NAME.example("support"))
          .with("admin_scopes", SCOPES.describe("None that the caller lacks."))
          .with("entitlements", ENTITLEMENTS);

  private static final Schema SETTINGS =
      Schema.body("RoleSettings", "What can be changed of a role.")
          .with(
              "admin_scopes",
              SCOPES.describe("None that the caller lacks; of a built-in role as they are."))
          .with("entitlements", ENTITLEMENTS);

  private final RoleStore roles;
  private final UserStore users;

  /// A role as this resource has it.
  private record Entitled(TenantId tenant, Role role, List<LlmTerms> entitlements) {}

  public RolesApi(RoleStore roles, UserStore users) {
    this.roles = roles;
    this.users = users;
  }

  public List<Operation> operations() {
    Single<Entitled> one =
        new Single<>("/roles/{role_id}", ROLE, this::find, (_, found) -> json(found));
    return List.of(
        Operation.list("listRoles", AdminScope.ENTITLEMENTS_READ, "/roles", ROLE, this::page)
            .says("Lists roles by name, the built-in ones too"),
        Operation.create(
                "createRole", AdminScope.ENTITLEMENTS_WRITE, "/roles", NEW_ROLE, ROLE, this::create)
            .says("Makes a role of the tenant's own")
            .audited("role.created")
            .mayRefuse(ROLE_EXISTS, TOO_MANY_ROLES, Reach.BEYOND),
        Operation.read("readRole", AdminScope.ENTITLEMENTS_READ, one).says("Reads a role"),
        Operation.replace(
                "replaceRole",
                AdminScope.ENTITLEMENTS_WRITE,
                one,
                SETTINGS,
                this::changed,
                this::replace)
            .says("Replaces what a role may do and give away")
            .audited("role.changed")
            .mayRefuse(ROLE_BUILT_IN, Reach.BEYOND),
        Operation.remove("deleteRole", AdminScope.ENTITLEMENTS_WRITE, one, this::remove)
            .says("Removes one of the tenant's own roles that nobody has")
            .audited("role.deleted")
            .mayRefuse(ROLE_IN_USE, ROLE_BUILT_IN, Reach.BEYOND));
  }

  private Page page(Call call, Page.Range range) {
    String after = range.after();
    List<Role> rows =
        roles.all(call.tenant()).stream()
            .sorted(Comparator.comparing(Role::name))
            .filter(role -> after == null || role.name().compareTo(after) > 0)
            .limit(range.rows())
            .toList();
    return Page.of(rows, range, role -> json(entitled(call.tenant(), role)), Role::name);
  }

  private Entitled entitled(TenantId tenant, Role role) {
    return new Entitled(tenant, role, users.entitlements(tenant, role));
  }

  private @Nullable Entitled find(Call call) {
    Role role = roles.find(call.tenant(), call.path("role_id"));
    return role == null ? null : entitled(call.tenant(), role);
  }

  private static Entitled read(TenantId tenant, String name, ObjectNode body) {
    Set<String> scopes = Access.texts(body.required("admin_scopes"));
    JsonNode terms = body.required("entitlements");
    return new Entitled(
        tenant, new Role(name, new TreeSet<>(scopes)), Access.terms(terms, "/entitlements"));
  }

  private Made create(Call call, ObjectNode body) {
    Entitled role = read(call.tenant(), body.required("id").asText(), body);
    Reach.require(call, role.role());
    String name = role.role().name();
    return switch (roles.save(
        call.tenant(), role.role(), role.entitlements(), (now, _) -> now == null)) {
      case DONE -> Made.of(json(role));
      case UNEXPECTED -> throw ROLE_EXISTS.because("there is a role " + name);
      case FULL ->
          throw TOO_MANY_ROLES.because("there are " + RoleStore.OWN_MAX + " roles already");
      case IN_USE -> throw new IllegalStateException("a role is in use before it is made");
    };
  }

  private Entitled changed(Call call, Entitled current, ObjectNode body) {
    Entitled next = read(call.tenant(), current.role().name(), body);
    if (!next.role().equals(current.role())) {
      refuseBuiltIn(current);
      Reach.require(call, current.role());
      Reach.require(call, next.role());
    }
    return next;
  }

  private static void refuseBuiltIn(Entitled role) {
    if (role.role().isBuiltIn()) {
      throw ROLE_BUILT_IN.because(
          "%s is built in, its admin scopes are %s"
              .formatted(role.role().name(), role.role().adminScopes()));
    }
  }

  private boolean replace(Entitled expected, Entitled replacement) {
    return roles.save(
            expected.tenant(),
            replacement.role(),
            replacement.entitlements(),
            (role, terms) -> is(expected, role, terms))
        == Outcome.DONE;
  }

  private static boolean is(Entitled expected, @Nullable Role role, List<LlmTerms> terms) {
    return expected.role().equals(role) && expected.entitlements().equals(terms);
  }

  private boolean remove(Call call, Entitled expected) {
    refuseBuiltIn(expected);
    Reach.require(call, expected.role());
    Outcome outcome =
        roles.remove(
            call.tenant(), expected.role().name(), (role, terms) -> is(expected, role, terms));
    if (outcome == Outcome.IN_USE) {
      throw ROLE_IN_USE.because("give its users another role first; GET /users?role= lists them");
    }
    return outcome == Outcome.DONE;
  }

  private static ObjectNode json(Entitled one) {
    ObjectNode node =
        Json.object().put("id", one.role().name()).put("built_in", one.role().isBuiltIn());
    one.role().adminScopes().forEach(node.putArray("admin_scopes")::add);
    node.set("entitlements", Access.write(one.entitlements()));
    return node;
  }
}
