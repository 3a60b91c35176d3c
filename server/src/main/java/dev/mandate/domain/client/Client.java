package dev.mandate.domain.client;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// An OAuth client.
///
/// @param name for people; shown at consent beside the redirect host, never instead of it
/// @param proof how it proves who it is
/// @param redirectUris compared exactly; a loopback address matches on any port (RFC 8252 §7.3)
/// @param postLogoutRedirectUris where a browser may go after a sign-out that it asked for
///   (RP-Initiated Logout 1.0 §3.1), compared exactly
/// @param grantTypes that it may use
/// @param scopes that it may ask for; [#INTROSPECT] is the one that is its own and that nobody can
///   give it
/// @param defaultScopes of a request with neither scope nor details
/// @param defaultAccess of a request with neither scope nor details
/// @param policy what it may get at most, at most one entry an upstream; an upstream without an
///   entry is out of its reach
/// @param requiresPushed whether its authorization requests must be pushed (RFC 9126 §6,
///   `require_pushed_authorization_requests`)
/// @param tokens what its tokens are like
public record Client(
    TenantId tenant,
    ClientId id,
    String name,
    Proof proof,
    Set<String> redirectUris,
    Set<String> postLogoutRedirectUris,
    Set<String> grantTypes,
    Set<String> scopes,
    Set<String> defaultScopes,
    List<LlmTerms> defaultAccess,
    List<LlmTerms> policy,
    boolean requiresPushed,
    TokenForm tokens,
    boolean disabled,
    Instant createdAt) {
  /// Of the first secret of a client whose secret was given along with it.
  public static final String FIRST = "secret_1";

  /// In [#scopes]: the client speaks for the tenant's resources, and may introspect any token of
  /// the tenant (RFC 7662 §4).
  public static final String INTROSPECT = "introspect";

  public Client {
    redirectUris = Set.copyOf(redirectUris);
    postLogoutRedirectUris = Set.copyOf(postLogoutRedirectUris);
    grantTypes = Set.copyOf(grantTypes);
    scopes = Set.copyOf(scopes);
    defaultScopes = Set.copyOf(defaultScopes);
    defaultAccess = List.copyOf(defaultAccess);
    policy = List.copyOf(policy);
  }

  /// One with a secret or none, and nothing special about its tokens.
  ///
  /// @param secretHash null for a public client
  public Client(
      TenantId tenant,
      ClientId id,
      String name,
      @Nullable TokenHash secretHash,
      Set<String> redirectUris,
      Set<String> grantTypes,
      Set<String> scopes,
      Set<String> defaultScopes,
      List<LlmTerms> defaultAccess,
      List<LlmTerms> policy,
      boolean requiresPushed,
      boolean disabled,
      Instant createdAt) {
    this(
        tenant,
        id,
        name,
        secretHash == null
            ? new Proof.Nothing()
            : new Proof.Secrets(
                AuthMethod.SECRET, List.of(new ClientSecret(FIRST, secretHash, createdAt))),
        redirectUris,
        Set.of(),
        grantTypes,
        scopes,
        defaultScopes,
        defaultAccess,
        policy,
        requiresPushed,
        TokenForm.STANDARD,
        disabled,
        createdAt);
  }

  /// RFC 6749 §2.1: a client that can't keep a secret.
  public boolean isPublic() {
    return proof instanceof Proof.Nothing;
  }

  /// The same, from now on refused everywhere.
  public Client disable() {
    return with(proof, postLogoutRedirectUris, scopes, policy, tokens, true);
  }

  /// The same, proving who it is in another way.
  public Client withProof(Proof changed) {
    return with(changed, postLogoutRedirectUris, scopes, policy, tokens, disabled);
  }

  /// The same with other scopes.
  public Client withScopes(Set<String> changed) {
    return with(proof, postLogoutRedirectUris, changed, policy, tokens, disabled);
  }

  /// The same with another policy.
  public Client withPolicy(List<LlmTerms> changed) {
    return with(proof, postLogoutRedirectUris, scopes, changed, tokens, disabled);
  }

  /// The same with tokens of another form.
  public Client withTokens(TokenForm changed) {
    return with(proof, postLogoutRedirectUris, scopes, policy, changed, disabled);
  }

  /// The same with other addresses to go to after a sign-out.
  public Client withPostLogoutRedirectUris(Set<String> changed) {
    return with(proof, changed, scopes, policy, tokens, disabled);
  }

  private Client with(
      Proof newProof,
      Set<String> newPostLogout,
      Set<String> newScopes,
      List<LlmTerms> newPolicy,
      TokenForm newTokens,
      boolean nowDisabled) {
    return new Client(
        tenant,
        id,
        name,
        newProof,
        redirectUris,
        newPostLogout,
        grantTypes,
        newScopes,
        defaultScopes,
        defaultAccess,
        newPolicy,
        requiresPushed,
        newTokens,
        nowDisabled,
        createdAt);
  }

  /// The origins of its redirect URIs that a browser can send: those of `http` and `https`.
  public SortedSet<String> origins() {
    SortedSet<String> origins = new TreeSet<>();
    for (String redirect : redirectUris) {
      URI uri = URI.create(redirect);
      if (uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        // As a browser writes it (RFC 6454 §6.2): lower case, without the scheme's own port.
        int own = "http".equals(uri.getScheme()) ? 80 : 443;
        String port = uri.getPort() < 0 || uri.getPort() == own ? "" : ":" + uri.getPort();
        origins.add(uri.getScheme() + "://" + uri.getHost().toLowerCase(Locale.ROOT) + port);
      }
    }
    return origins;
  }
}
