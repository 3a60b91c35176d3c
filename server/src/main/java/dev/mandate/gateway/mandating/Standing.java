package dev.mandate.gateway.mandating;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.budget.Account;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.upstream.Model;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.routing.Endpoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a mandate is worth right now, ready for the hot path. Null rights: there is no such
/// mandate.
///
/// @param tierScopes of the mandate that hold, of tiers
public record Standing(@Nullable Rights rights, List<Entry> entries, Set<String> tierScopes) {

  /// One entry of the mandate's access of which something is left.
  ///
  /// @param place in the mandate
  /// @param path the accounts that a call must fit
  /// @param ofModels the same for models that have an account of their own
  public record Entry(
      int place, LlmAccess access, List<Account> path, Map<String, List<Account>> ofModels) {
    public Entry {
      path = List.copyOf(path);
      ofModels = Map.copyOf(ofModels);
    }

    /// The accounts that a call of this model must fit.
    public List<Account> path(String model) {
      return ofModels.isEmpty() ? path : ofModels.getOrDefault(model, path);
    }

    private Entry within(LlmAccess left, Account last) {
      Map<String, List<Account>> models = new HashMap<>();
      ofModels.forEach((model, accounts) -> models.put(model, and(accounts, last)));
      return new Entry(place, left, and(path, last), models);
    }

    private static List<Account> and(List<Account> path, Account last) {
      List<Account> longer = new ArrayList<>(path);
      longer.add(last);
      return longer;
    }

    /// All accounts that a call may be charged to.
    Stream<Account> accounts() {
      return Stream.concat(path.stream(), ofModels.values().stream().flatMap(List::stream));
    }
  }

  public Standing {
    entries = List.copyOf(entries);
    tierScopes = Set.copyOf(tierScopes);
  }

  static Standing of(@Nullable Rights rights) {
    List<Entry> entries = new ArrayList<>();
    Set<String> tierScopes = new TreeSet<>();
    if (rights != null) {
      tierScopes.addAll(rights.scopes());
      tierScopes.removeIf(scope -> !ModelTier.isScope(scope));
      Mandate mandate = rights.mandate();
      for (int place = 0; place < rights.effective().size(); place++) {
        LlmAccess access = rights.effective().get(place);
        if (access != null) {
          entries.add(entry(rights, mandate, place, access));
        }
      }
    }
    return new Standing(rights, entries, tierScopes);
  }

  /// The tenant's, the person's and the mandate's accounts are charged whether or not they are
  /// bounded, so that a limit knows what was spent before it; the others from their limit on.
  private static Entry entry(Rights rights, Mandate mandate, int place, LlmAccess access) {
    TenantId tenant = mandate.tenant();
    List<Account> path = new ArrayList<>();
    path.add(sum(rights, AccountId.of(tenant)));
    if (rights.role() != null) {
      addBounded(path, rights, AccountId.ofRole(tenant, rights.role()));
    }
    if (mandate.user() != null) {
      path.add(sum(rights, AccountId.of(tenant, mandate.user())));
    }
    addBounded(path, rights, AccountId.of(tenant, mandate.client()));
    addBounded(path, rights, AccountId.ofUpstream(tenant, access.upstream()));
    path.add(
        new Account(
            AccountId.of(tenant, mandate.id(), place), access.limits(), rights.tenant().zone()));
    Map<String, List<Account>> ofModels = new HashMap<>();
    for (String model : access.models()) {
      AccountId account = AccountId.ofModel(tenant, access.upstream(), model);
      if (rights.sums().bounds(account.key())) {
        ofModels.put(model, Entry.and(path, sum(rights, account)));
      }
    }
    return new Entry(place, access, path, ofModels);
  }

  private static void addBounded(List<Account> path, Rights rights, AccountId account) {
    if (rights.sums().bounds(account.key())) {
      path.add(sum(rights, account));
    }
  }

  private static Account sum(Rights rights, AccountId account) {
    return new Account(account, rights.sums().of(account.key()), rights.tenant().zone());
  }

  /// What is left of it for a key with bounds of its own: mandate ∩ key, and the key's own account
  /// at the end of each path.
  Standing within(ApiKeyId key, KeyBounds bounds) {
    if (rights == null || bounds.givesAll()) {
      return this;
    }
    Account own =
        new Account(
            AccountId.of(rights.mandate().tenant(), key), bounds.limits(), rights.tenant().zone());
    List<Entry> left = new ArrayList<>();
    for (Entry entry : entries) {
      LlmAccess access = bounds.within(entry.access());
      if (access != null) {
        left.add(entry.within(access, own));
      }
    }
    return new Standing(rights, left, tierScopes);
  }

  /// What is left of it for an access token, which may have fewer of the mandate's tiers.
  ///
  /// @param scopes of the token
  public Standing within(Set<String> scopes) {
    if (rights == null || scopes.containsAll(tierScopes)) {
      return this;
    }
    List<Entry> left = new ArrayList<>();
    for (Entry entry : entries) {
      LlmAccess access = rights.tiers().within(entry.access(), rights.mandate().scopes(), scopes);
      if (access != null) {
        left.add(new Entry(entry.place(), access, entry.path(), entry.ofModels()));
      }
    }
    return new Standing(rights, left, Set.of());
  }

  /// Whether some of it is for prompts of certain categories only.
  public boolean listsCategories() {
    for (Entry entry : entries) {
      if (entry.access().categories() != null) {
        return true;
      }
    }
    return false;
  }

  /// The rights of a mandate that holds.
  ///
  /// @throws Refusal when it was revoked, has expired or is suspended
  public Rights live(Instant now) {
    if (rights == null) {
      throw Refusal.of(Refusal.Code.INVALID_TOKEN, "the credential's mandate does not exist");
    }
    if (rights.mandate().isRevoked()) {
      throw Refusal.of(Refusal.Code.MANDATE_REVOKED, "the mandate was revoked");
    }
    if (rights.isExpired(now)) {
      throw Refusal.of(
          Refusal.Code.MANDATE_EXPIRED, "the mandate expired at " + rights.mandate().expiresAt());
    }
    if (rights.suspended() != null) {
      throw Refusal.of(
          Refusal.Code.MANDATE_SUSPENDED, "the mandate is suspended: " + rights.suspended());
    }
    return rights;
  }

  /// Whether anything at all is given at this upstream for this endpoint, before a body is read.
  ///
  /// @throws Refusal when the upstream, its expiry or the endpoint's capability says no
  public void admit(Target target, Endpoint endpoint, Instant now) {
    boolean upstream = false;
    boolean live = false;
    boolean capable = endpoint.capabilities().isEmpty();
    for (Entry entry : entries) {
      if (entry.access().upstream().equals(target.upstream().name())) {
        upstream = true;
        if (now.isBefore(entry.access().expiresAt())) {
          live = true;
          capable |= overlaps(endpoint, entry.access());
        }
      }
    }
    if (!upstream) {
      throw Refusal.of(
          Refusal.Code.UPSTREAM_NOT_ALLOWED,
          "the mandate gives no access to '" + target.upstream().name() + "'");
    }
    if (!live) {
      throw expired(target);
    }
    if (!capable) {
      throw notCapable(endpoint);
    }
  }

  /// The entry that pays for this model.
  ///
  /// @throws Refusal when none does; an unknown model and one that wasn't given look the same
  public Entry choose(Target target, Endpoint endpoint, String model, Instant now) {
    Model known = target.models().get(model);
    boolean live = false;
    boolean named = false;
    boolean capable = false;
    for (Entry entry : entries) {
      LlmAccess access = entry.access();
      if (known == null
          || !access.upstream().equals(target.upstream().name())
          || !access.models().contains(model)) {
        continue;
      }
      named = true;
      if (!now.isBefore(access.expiresAt())) {
        continue;
      }
      live = true;
      if (overlaps(endpoint, access) && overlaps(endpoint, known)) {
        return entry;
      }
      capable |= overlaps(endpoint, access);
    }
    if (!named || known == null) {
      throw notAllowed(model);
    }
    if (!live) {
      throw expired(target);
    }
    // It is given, and can't: more rights would not help.
    throw capable ? cannot(known, endpoint) : notCapable(endpoint);
  }

  private static boolean overlaps(Endpoint endpoint, LlmAccess access) {
    for (Capability capability : endpoint.capabilities()) {
      if (access.capabilities().contains(capability)) {
        return true;
      }
    }
    return false;
  }

  private static boolean overlaps(Endpoint endpoint, Model model) {
    for (Capability capability : endpoint.capabilities()) {
      if (model.capabilities().contains(capability)) {
        return true;
      }
    }
    return false;
  }

  /// The entry under which something may be kept at this upstream, or done with what is: one that
  /// gives the capability, for a model that has it.
  ///
  /// @throws Refusal when none does
  public Entry keeping(Target target, Capability capability, Instant now) {
    for (Entry entry : entries) {
      if (entry.access().upstream().equals(target.upstream().name())
          && now.isBefore(entry.access().expiresAt())
          && entry.access().capabilities().contains(capability)
          && entry.access().models().stream()
              .map(target.models()::get)
              .anyMatch(model -> model != null && model.capabilities().contains(capability))) {
        return entry;
      }
    }
    throw Refusal.of(
        Refusal.Code.STORED_STATE_NOT_ALLOWED,
        "the mandate does not give '"
            + capability.wire()
            + "' at '"
            + target.upstream().name()
            + "'");
  }

  /// The models that the mandate gives at this upstream now, by name.
  public SortedMap<String, Model> models(Target target, Instant now) {
    SortedMap<String, Model> given = new TreeMap<>();
    for (Entry entry : entries) {
      if (entry.access().upstream().equals(target.upstream().name())
          && now.isBefore(entry.access().expiresAt())) {
        for (String name : entry.access().models()) {
          Model model = target.models().get(name);
          if (model != null) {
            given.put(name, model);
          }
        }
      }
    }
    return Collections.unmodifiableSortedMap(given);
  }

  public static Refusal notAllowed(String model) {
    return Refusal.of(
        Refusal.Code.MODEL_NOT_ALLOWED,
        "the mandate does not give the model '"
            + model.substring(0, Math.min(model.length(), 100))
            + "'; GET …/models lists those that it gives");
  }

  private static Refusal expired(Target target) {
    return Refusal.of(
        Refusal.Code.MANDATE_EXPIRED,
        "the mandate's access to '" + target.upstream().name() + "' has expired");
  }

  private static Refusal cannot(Model model, Endpoint endpoint) {
    return Refusal.of(
        Refusal.Code.MODEL_NOT_CAPABLE,
        "the model '%s' does not do '%s'; it has the capabilities %s"
            .formatted(
                model.name(),
                endpoint.wire(),
                model.capabilities().stream().map(Capability::wire).sorted().toList()));
  }

  private static Refusal notCapable(Endpoint endpoint) {
    return Refusal.of(
        Refusal.Code.CAPABILITY_NOT_ALLOWED,
        "the mandate does not give '"
            + endpoint.wire()
            + "'; one of the capabilities "
            + endpoint.capabilities().stream().map(Capability::wire).sorted().toList()
            + " is needed for a model that has it");
  }
}
