package dev.mandate.domain.recovery;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.credential.CredentialLifeStore;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.monitoring.RestraintStore;
import dev.mandate.domain.recovery.RecoveryStore.Row;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.token.RevokedTokenStore;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes down what a revocation took away, and takes it away again. Only ever takes: what a line
/// says was given is not given by it.
public final class Reapplication {
  private static final String MANDATE = "mandate";
  private static final String TOKEN = "token";
  private static final String API_KEY = "api_key";
  private static final String API_KEY_ROTATED = "api_key_rotated";
  private static final String CREDENTIAL = "credential";
  private static final String HELD = "held";
  private static final String RELEASED = "released";
  private static final String USER = "user";
  private static final String CLIENT = "client";
  private static final String TENANT = "tenant";
  private static final String POLICY = "policy";

  /// In place of the finding, which the backup did not have.
  private static final String RESTORED = "restored";

  private static final String DISABLED = "disabled";
  private static final String DELETED = "deleted";
  private static final String ROLE = "role";
  private static final String SECRET = "secret";
  private static final String GENERATION = "generation";

  private static final Logger log = LoggerFactory.getLogger(Reapplication.class);

  private final Nouns nouns;
  private final Supplier<Secret> unknown;

  /// Where what can be revoked is kept.
  public record Nouns(
      TenantStore tenants,
      UserStore users,
      RoleStore roles,
      ClientStore clients,
      MandateStore mandates,
      ApiKeyStore apiKeys,
      CredentialStore credentials,
      CredentialLifeStore credentialLives,
      RestraintStore restraints,
      RevokedTokenStore revokedTokens) {}

  /// @param unknown the hash of a new secret that nobody knows, in the form of a password's
  public Reapplication(Nouns nouns, Supplier<Secret> unknown) {
    this.nouns = nouns;
    this.unknown = unknown;
  }

  /// The line for a change, with how its subject is by now.
  Entry entry(Row row) {
    TenantId tenant = row.change().tenant();
    return switch (row.change()) {
      case Change.MandateRevoked(var _, var id) -> of(row, MANDATE, id.value(), Map.of());
      case Change.TokenRevoked(var _, var jti, var expiresAt) ->
          new Entry(row.seq(), tenant.value(), TOKEN, jti, row.at(), expiresAt, Map.of());
      case Change.ApiKeyRevoked(var _, var id) -> of(row, API_KEY, id.value(), Map.of());
      case Change.ApiKeyChanged(var _, var id) ->
          of(row, API_KEY_ROTATED, id.value(), facts(nouns.apiKeys.find(tenant, id)));
      case Change.CallerRestrained(var _, var caller, var held, var until) ->
          new Entry(
              row.seq(), tenant.value(), held ? HELD : RELEASED, caller, row.at(), until, Map.of());
      case Change.CredentialRevoked(var _, var id) -> of(row, CREDENTIAL, id, Map.of());
      case Change.UserChanged(var _, var id) ->
          of(row, USER, id.value(), facts(nouns.users.find(tenant, id)));
      case Change.ClientChanged(var _, var id) ->
          of(row, CLIENT, id.value(), facts(nouns.clients.find(tenant, id)));
      case Change.TenantChanged(var _) ->
          of(row, TENANT, tenant.value(), facts(nouns.tenants.find(tenant)));
      case Change.PolicyChanged(var _) -> of(row, POLICY, "", Map.of());
    };
  }

  private static Entry of(Row row, String kind, String subject, Map<String, String> facts) {
    return new Entry(
        row.seq(), row.change().tenant().value(), kind, subject, row.at(), null, facts);
  }

  private static Map<String, String> facts(@Nullable User user) {
    return user == null
        ? Map.of()
        : Map.of(
            DISABLED,
            String.valueOf(user.disabled()),
            ROLE,
            user.role().name(),
            SECRET,
            digest(user.passwordHash()));
  }

  private static Map<String, String> facts(@Nullable Client client) {
    if (client == null) {
      return Map.of(DELETED, "true");
    }
    Map<String, String> facts = new TreeMap<>();
    facts.put(DISABLED, String.valueOf(client.disabled()));
    String proof = proof(client);
    if (proof != null) {
      facts.put(SECRET, proof);
    }
    return facts;
  }

  private static Map<String, String> facts(@Nullable ApiKey key) {
    return key == null ? Map.of() : Map.of(GENERATION, String.valueOf(key.generation()));
  }

  private static Map<String, String> facts(@Nullable Tenant tenant) {
    return tenant == null ? Map.of() : Map.of(DISABLED, String.valueOf(tenant.disabled()));
  }

  /// What it proves itself with; null when it proves nothing.
  private static @Nullable String proof(Client client) {
    return switch (client.proof()) {
      case Proof.Nothing _ -> null;
      case Proof.Secrets(var _, var secrets) ->
          digest(
              Secret.of(
                  secrets.stream()
                      .map(secret -> secret.hash().value())
                      .collect(Collectors.joining(" "))));
      case Proof.Keys keys -> digest(Secret.of(keys.toString()));
    };
  }

  /// A hash of the hash: enough to see that it is another one.
  private static String digest(Secret hash) {
    return TokenHash.of(hash).value();
  }

  /// Whether the line took something away that the database had given again.
  boolean apply(Entry entry, Instant now) {
    return switch (entry.kind()) {
      case MANDATE -> mandate(entry);
      case TOKEN -> token(entry, now);
      case API_KEY -> apiKey(entry);
      case API_KEY_ROTATED -> rotatedKey(entry);
      case CREDENTIAL -> credential(entry);
      case HELD -> held(entry);
      // In the order of the lines, so that nobody stays held back who was let go after.
      case RELEASED -> nouns.restraints.release(CallerId.parse(entry.tenantId(), entry.subject()));
      case USER -> user(entry);
      case CLIENT -> client(entry);
      case TENANT -> tenant(entry);
      // Which terms were narrowed is not in the line.
      default -> false;
    };
  }

  static boolean isPolicy(Entry entry) {
    return entry.kind().equals(POLICY);
  }

  private boolean mandate(Entry entry) {
    MandateId id = new MandateId(entry.subject());
    Mandate mandate = nouns.mandates.find(entry.tenantId(), id);
    return mandate != null
        && !mandate.isRevoked()
        && nouns.mandates.revoke(entry.tenantId(), id, entry.at());
  }

  private boolean token(Entry entry, Instant now) {
    Instant expiresAt = entry.expiresAt();
    if (expiresAt == null
        || !expiresAt.isAfter(now)
        || nouns.revokedTokens.isRevoked(entry.tenantId(), entry.subject())) {
      return false;
    }
    nouns.revokedTokens.revoke(entry.tenantId(), entry.subject(), expiresAt);
    return true;
  }

  private boolean apiKey(Entry entry) {
    ApiKeyId id = new ApiKeyId(entry.subject());
    ApiKey key = nouns.apiKeys.find(entry.tenantId(), id);
    return key != null
        && key.revokedAt() == null
        && nouns.apiKeys.revoke(entry.tenantId(), id, entry.at());
  }

  /// The secrets that the database knows were rotated away, and nobody can give it the newer ones.
  private boolean rotatedKey(Entry entry) {
    ApiKey key = nouns.apiKeys.find(entry.tenantId(), new ApiKeyId(entry.subject()));
    String generation = entry.facts().get(GENERATION);
    return key != null
        && generation != null
        && key.generation() < Integer.parseInt(generation)
        && apiKey(entry);
  }

  private boolean credential(Entry entry) {
    TenantId tenant = entry.tenantId();
    CredentialStore.Stored stored = nouns.credentialLives.find(tenant, entry.subject());
    if (stored == null) {
      return false;
    }
    return stored.owner() == null
        ? nouns.credentials.delete(tenant, stored.upstream(), stored.id())
        : nouns.credentials.deleteOwn(tenant, stored.owner(), stored.id());
  }

  /// Only who is suspended: the others go on by themselves before long.
  private boolean held(Entry entry) {
    CallerId caller = CallerId.parse(entry.tenantId(), entry.subject());
    return entry.expiresAt() == null
        && nouns.restraints.hold(new Restraint(caller, entry.at(), null, RESTORED));
  }

  private boolean tenant(Entry entry) {
    TenantId id = entry.tenantId();
    Tenant tenant = nouns.tenants.find(id);
    return tenant != null
        && !tenant.disabled()
        && is(entry, DISABLED)
        && nouns.tenants.setDisabled(id, true);
  }

  private boolean user(Entry entry) {
    TenantId tenant = entry.tenantId();
    UserId id = new UserId(entry.subject());
    User known = nouns.users.find(tenant, id);
    if (known == null) {
      return false;
    }
    Role role = lesser(entry, known.role());
    String secret = entry.facts().get(SECRET);
    boolean otherSecret = secret != null && !secret.equals(digest(known.passwordHash()));
    // Made here, for the edit is asked inside a transaction, and this takes its time.
    Secret replacement = otherSecret ? unknown.get() : known.passwordHash();
    UserStore.Edited edited =
        nouns.users.edit(
            tenant,
            id,
            now -> {
              User then = now.withRole(role).withPasswordHash(replacement);
              then = is(entry, DISABLED) ? then.withDisabled(true) : then;
              return then.equals(now) ? null : then;
            });
    if (edited instanceof UserStore.Edited.LastOwner) {
      log.warn(
          "user {} of {} was no owner any more, but is the only one now: look at it", id, tenant);
    }
    return edited instanceof UserStore.Edited.Done;
  }

  /// The role that the line names, where that may do no more than the one that the person has now.
  private Role lesser(Entry entry, Role now) {
    String name = entry.facts().get(ROLE);
    if (name == null || name.equals(now.name())) {
      return now;
    }
    Role then = nouns.roles.find(entry.tenantId(), name);
    // One that was made since: what it could do is not known here.
    if (then == null) {
      return Role.MEMBER;
    }
    return then.isWithin(now.adminScopes()) ? then : now;
  }

  private boolean client(Entry entry) {
    Client now = nouns.clients.find(entry.tenantId(), new ClientId(entry.subject()));
    if (now == null) {
      return false;
    }
    if (is(entry, DELETED)) {
      return nouns.clients.delete(now, entry.at());
    }
    Client then = is(entry, DISABLED) ? now.disable() : now;
    String proof = entry.facts().get(SECRET);
    if (proof != null && !now.isPublic() && !proof.equals(proof(now))) {
      TokenHash nobodys = TokenHash.of(unknown.get());
      then =
          then.withProof(
              new Proof.Secrets(
                  AuthMethod.SECRET, List.of(new ClientSecret(Client.FIRST, nobodys, entry.at()))));
    }
    return !then.equals(now) && nouns.clients.replace(now, then);
  }

  private static boolean is(Entry entry, String fact) {
    return "true".equals(entry.facts().get(fact));
  }
}
