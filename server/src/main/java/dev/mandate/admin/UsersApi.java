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
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.domain.user.UserStore.Edited;
import dev.mandate.domain.user.UserStore.Filter;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.mail.MailAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/users`: list, make, read, change, set a password.
///
/// Nobody is deleted. Mandates, the ledger and the audit log name people by id for as long as they
/// are kept, and an id that names nobody answers no question; disabling takes every right at once.
public final class UsersApi {
  /// NIST SP 800-63B asks for 8 at least; one that an administrator types is often kept.
  static final int PASSWORD_CHARACTERS_MIN = 12;

  private static final int USERNAME_CHARACTERS_MAX = 128;

  private static final Problem USERNAME_TAKEN =
      new Problem(409, "username_taken", "The tenant has a user of this name");

  private static final Problem LAST_OWNER =
      new Problem(409, "last_owner", "The tenant would be left without an owner");

  private static final Problem ROLE_GONE =
      new Problem(409, "role_gone", "The role was removed at this moment");

  private static final Schema ROLE_NAME = Schema.pattern("^" + Role.NAME_PATTERN + "$", 63);

  private static final Schema DISABLED =
      Schema.flag().describe("A disabled person can't sign in, and no mandate of theirs holds.");

  private static final Schema EMAIL =
      AlertAddressesApi.MAIL_ADDRESS.describe("Where they are told what concerns them.");

  private static final Schema PASSWORD =
      Schema.string(PASSWORD_CHARACTERS_MIN, PasswordHasher.PASSWORD_CHARACTERS_MAX).writeOnly();

  private static final Schema SHOWN_ONCE =
      Schema.text().describe("Shown in this answer only, when it was generated.");

  private static final Schema USER =
      Schema.answer("User", "A person in the tenant.")
          .with("id", Schema.text())
          .with("username", Schema.text())
          .with("display_name", Schema.text())
          .with("role", ROLE_NAME)
          .with("disabled", DISABLED)
          .maybe("email", EMAIL)
          .with("created_at", Schema.instant());

  private static final Schema USER_WITH_PASSWORD =
      Schema.answer("UserWithPassword", "A person, and the password that was generated.")
          .with("id", Schema.text())
          .with("username", Schema.text())
          .with("display_name", Schema.text())
          .with("role", ROLE_NAME)
          .with("disabled", DISABLED)
          .maybe("email", EMAIL)
          .with("created_at", Schema.instant())
          .maybe("password", SHOWN_ONCE);

  static final Schema USERNAME =
      Schema.pattern("^\\S+$", USERNAME_CHARACTERS_MAX)
          .describe("Unique in the tenant without regard to case; never changes.");

  private static final Schema NEW_USER =
      Schema.body("NewUser", "A person to be; without a password they can't sign in yet.")
          .with("username", USERNAME.example("ada"))
          .maybe("display_name", Schema.text().describe("The user name when absent."))
          .maybe("role", ROLE_NAME.byDefault(Role.MEMBER.name()))
          .maybe("email", EMAIL)
          .maybe("password", PASSWORD)
          .maybe(
              "generate_password",
              Schema.flag().byDefault(false).describe("Generate one and show it in the answer."));

  private static final Schema CHANGE =
      Schema.body("UserSettings", "What can be changed of a person.")
          .with("display_name", Schema.text())
          .with("role", ROLE_NAME)
          .with("disabled", DISABLED)
          .maybe("email", EMAIL);

  private static final Schema NEW_PASSWORD =
      Schema.body("NewPassword", "A password; one is generated when it is absent.")
          .maybe("password", PASSWORD);

  private final UserStore users;
  private final RoleStore roles;
  private final PasswordHasher passwords;
  private final TokenSource tokens;

  public UsersApi(UserStore users, RoleStore roles, PasswordHasher passwords, TokenSource tokens) {
    this.users = users;
    this.roles = roles;
    this.passwords = passwords;
    this.tokens = tokens;
  }

  public List<Operation> operations() {
    Single<User> one = new Single<>("/users/{user_id}", USER, this::find, UsersApi::json);
    return List.of(
        Operation.list("listUsers", AdminScope.USERS_READ, "/users", USER, this::page)
            .says("Lists people by user name")
            .filter("role", ROLE_NAME, "Only those of this role.")
            .filter("disabled", Schema.flag(), "Only those who are, or are not, disabled.")
            .filter("username_prefix", USERNAME, "Only those whose user name begins so."),
        Operation.create(
                "createUser",
                AdminScope.USERS_WRITE,
                "/users",
                NEW_USER,
                USER_WITH_PASSWORD,
                this::create)
            .says("Makes a person")
            .audited("user.created")
            .mayRefuse(USERNAME_TAKEN, ROLE_GONE, Reach.BEYOND, Reach.NEEDS_API_KEY),
        Operation.read("readUser", AdminScope.USERS_READ, one).says("Reads a person"),
        Operation.patch(
                "changeUser", AdminScope.USERS_WRITE, one, CHANGE, this::changed, this::replace)
            .says("Changes a person's name or role, disables or enables them")
            .audited("user.changed")
            .mayRefuse(LAST_OWNER, ROLE_GONE, Reach.BEYOND),
        Operation.act(
                "setUserPassword",
                AdminScope.USERS_WRITE,
                one,
                "password",
                NEW_PASSWORD,
                USER_WITH_PASSWORD,
                this::setPassword)
            .says("Sets a person's password and ends all of their sessions")
            .audited("user.password_set")
            .mayRefuse(Reach.BEYOND, Reach.NEEDS_API_KEY));
  }

  private Page page(Call call, Page.Range range) {
    String disabled = call.query("disabled");
    Filter filter =
        new Filter(
            call.query("role"),
            disabled == null ? null : Boolean.valueOf(disabled),
            call.query("username_prefix"));
    return Page.of(
        users.page(call.tenant(), filter, range.after(), range.rows()),
        range,
        user -> json(call, user),
        User::username);
  }

  private @Nullable User find(Call call) {
    return users.find(call.tenant(), new UserId(call.path("user_id")));
  }

  private Made create(Call call, ObjectNode body) {
    Role role = role(call, body);
    Reach.require(call, role);
    if (body.has("password") || body.path("generate_password").asBoolean()) {
      requireLasting(call, role);
    }
    String username = body.required("username").asText();
    boolean generate = body.path("generate_password").asBoolean();
    if (generate && body.has("password")) {
      throw Problem.member("/generate_password", "is true and a password is there; expected one");
    }
    Secret generated = generate ? tokens.token() : null;
    // Without one, the hash of a text that nobody knows: nothing that is typed matches it.
    Secret password = generated != null ? generated : given(body);
    User user =
        new User(
            call.tenant(),
            new UserId(tokens.id("usr")),
            username,
            body.path("display_name").asText(username),
            role,
            passwords.hash(password == null ? tokens.token() : password),
            false,
            call.now(),
            email(body));
    if (!inserted(user)) {
      throw USERNAME_TAKEN.because("there is a user " + username + ", in this or another spelling");
    }
    return made(call, user, generated);
  }

  private boolean inserted(User user) {
    try {
      return users.insert(user);
    } catch (RuntimeException e) {
      throw roleGoneOr(e, user);
    }
  }

  /// A role that was there when the request came can be removed before its user is stored.
  private RuntimeException roleGoneOr(RuntimeException failure, User user) {
    return roles.find(user.tenant(), user.role().name()) == null
        ? ROLE_GONE.because("the role " + user.role().name() + " was removed at this moment")
        : failure;
  }

  private static @Nullable MailAddress email(ObjectNode body) {
    JsonNode email = body.get("email");
    return email == null ? null : new MailAddress(email.asText());
  }

  private static @Nullable Secret given(ObjectNode body) {
    JsonNode password = body.get("password");
    return password == null ? null : Secret.of(password.asText());
  }

  private Role role(Call call, ObjectNode body) {
    Role role = roles.find(call.tenant(), body.required("role").asText());
    if (role == null) {
      throw Problem.member("/role", "is none of the tenant's roles; GET /roles lists them");
    }
    return role;
  }

  private User changed(Call call, User current, ObjectNode body) {
    Role role = role(call, body);
    Reach.require(call, current.role());
    Reach.require(call, role);
    return current
        .withDisplayName(body.required("display_name").asText())
        .withRole(role)
        .withDisabled(body.required("disabled").asBoolean())
        .withEmail(email(body));
  }

  private boolean replace(User expected, User replacement) {
    return edit(expected, replacement);
  }

  private boolean edit(User expected, User replacement) {
    Edited edited;
    try {
      edited =
          users.edit(
              expected.tenant(), expected.id(), now -> now.equals(expected) ? replacement : null);
    } catch (RuntimeException e) {
      throw roleGoneOr(e, replacement);
    }
    return switch (edited) {
      case Edited.Done _ -> true;
      case Edited.Declined _, Edited.Unknown _ -> false;
      case Edited.LastOwner _ ->
          throw LAST_OWNER.because(
              expected.username() + " is the only owner who is not disabled; make another first");
    };
  }

  private static void requireLasting(Call call, Role role) {
    if (!role.adminScopes().isEmpty()) {
      Reach.requireLasting(call);
    }
  }

  private Made setPassword(Call call, User current, ObjectNode body) {
    Reach.require(call, current.role());
    requireLasting(call, current.role());
    Secret given = given(body);
    Secret password = given == null ? tokens.token() : given;
    User replacement = current.withPasswordHash(passwords.hash(password));
    if (!edit(current, replacement)) {
      throw Problem.PRECONDITION_FAILED.because("the user was changed at this moment; try again");
    }
    return made(call, replacement, given == null ? password : null);
  }

  private static Made made(Call call, User user, @Nullable Secret shown) {
    return new Made(json(call, user), shown == null ? Map.of() : Map.of("password", shown));
  }

  private static ObjectNode json(Call call, User user) {
    ObjectNode node =
        Json.object()
            .put("id", user.id().value())
            .put("username", user.username())
            .put("display_name", user.displayName())
            .put("role", user.role().name())
            .put("disabled", user.disabled());
    if (user.email() != null) {
      node.put("email", user.email().value());
    }
    return node.put("created_at", user.createdAt().toString());
  }
}
