package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Refused;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.client.ClientStore.Filter;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.StandingMandates;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/clients`: list, make, read, change, give a new secret, give a service its mandate,
/// delete.
///
/// Who may change clients could otherwise make one that has every scope of this API, so a caller
/// decides only about clients whose scopes here are among its own.
public final class ClientsApi {
  private static final Problem CLIENT_EXISTS =
      new Problem(409, "client_exists", "The tenant has, or had, a client with this id");

  static final Problem PUBLIC_CLIENT =
      new Problem(409, "public_client", "A public client has no secret");

  static final Problem NO_SECRETS =
      new Problem(409, "no_secrets", "The client proves who it is without a secret");

  private static final Problem NOT_A_SERVICE =
      new Problem(409, "not_a_service", "The client may not use client_credentials");

  private final ClientStore clients;
  private final TenantStore tenants;
  private final StandingMandates standing;
  private final TokenSource tokens;
  private final Egress egress;

  public ClientsApi(
      ClientStore clients,
      TenantStore tenants,
      StandingMandates standing,
      TokenSource tokens,
      Egress egress) {
    this.egress = egress;
    this.clients = clients;
    this.tenants = tenants;
    this.standing = standing;
    this.tokens = tokens;
  }

  public List<Operation> operations() {
    Single<Client> one =
        new Single<>(
            "/clients/{client_id}", ClientJson.CLIENT, this::find, (_, c) -> ClientJson.write(c));
    return List.of(
        Operation.list(
                "listClients", AdminScope.CLIENTS_READ, "/clients", ClientJson.CLIENT, this::page)
            .says("Lists clients by id")
            .filter("type", ClientJson.TYPE, "Only those of this type.")
            .filter("disabled", ClientJson.DISABLED, "Only those that are, or are not, disabled."),
        Operation.create(
                "createClient",
                AdminScope.CLIENTS_WRITE,
                "/clients",
                ClientJson.NEW_CLIENT,
                ClientJson.CLIENT_WITH_SECRET,
                this::create)
            .says("Makes a client; a confidential one's secret is in this answer only")
            .audited("client.created")
            .mayRefuse(CLIENT_EXISTS, Reach.BEYOND, Reach.NEEDS_API_KEY),
        Operation.read("readClient", AdminScope.CLIENTS_READ, one).says("Reads a client"),
        Operation.patch(
                "changeClient",
                AdminScope.CLIENTS_WRITE,
                one,
                ClientJson.SETTINGS,
                this::changed,
                clients::replace)
            .says("Changes a client, disables or enables it")
            .audited("client.changed")
            .mayRefuse(Reach.BEYOND, Reach.NEEDS_API_KEY),
        Operation.act(
                "rotateClientSecret",
                AdminScope.CLIENTS_WRITE,
                one,
                "rotate_secret",
                null,
                ClientJson.CLIENT_WITH_SECRET,
                this::rotate)
            .says("Gives a confidential client a new secret; those before it end at once")
            .audited("client.secret_rotated")
            .mayRefuse(PUBLIC_CLIENT, NO_SECRETS, Reach.BEYOND, Reach.NEEDS_API_KEY),
        Operation.act(
                "giveClientMandate",
                AdminScope.CLIENTS_WRITE,
                one,
                "give_mandate",
                null,
                ClientJson.CLIENT_WITH_MANDATE,
                this::giveMandate)
            .says(
                "Gives a service the tenant's own mandate by today's policy, in place of its last")
            .audited("client.mandate_given")
            .mayRefuse(NOT_A_SERVICE, Reach.BEYOND, Reach.NEEDS_API_KEY),
        Operation.remove("deleteClient", AdminScope.CLIENTS_WRITE, one, this::delete)
            .says("Deletes a client and revokes its mandates; its id is never given again")
            .audited("client.deleted")
            .mayRefuse(Reach.BEYOND, Reach.NEEDS_API_KEY));
  }

  private Page page(Call call, Page.Range range) {
    String type = call.query("type");
    String disabled = call.query("disabled");
    Filter filter =
        new Filter(
            type == null ? null : Boolean.valueOf(type.equals(ClientJson.PUBLIC)),
            disabled == null ? null : Boolean.valueOf(disabled));
    ClientId after = range.after() == null ? null : new ClientId(range.after());
    return Page.of(
        clients.page(call.tenant(), filter, after, range.rows()),
        range,
        ClientJson::write,
        client -> client.id().value());
  }

  private @Nullable Client find(Call call) {
    return clients.find(call.tenant(), new ClientId(call.path("client_id")));
  }

  private Made create(Call call, ObjectNode body) {
    boolean confidential = body.required("type").asText().equals(ClientJson.CONFIDENTIAL);
    ClientId id = new ClientId(body.has("id") ? body.required("id").asText() : tokens.id("client"));
    AuthMethod method = ClientProofJson.method(body, confidential);
    // 256 random bits: what may be stored as a plain hash.
    Secret secret = tokens.token();
    Client client =
        ClientJson.read(
            call.tenant(),
            id,
            ClientProofJson.read(body, method, List.of(kept(call, secret)), egress),
            call.now().truncatedTo(ChronoUnit.MILLIS),
            body);
    requireReach(call, client);
    if (!clients.insert(client)) {
      throw CLIENT_EXISTS.because("there is, or was, a client with the id '" + id + "'");
    }
    if (StandingMandates.areFor(client)) {
      give(call, client);
    }
    return method.isSecret()
        ? new Made(ClientJson.write(client), Map.of(ClientJson.SECRET, secret))
        : Made.of(ClientJson.write(client));
  }

  private Client changed(Call call, Client current, ObjectNode body) {
    requireReach(call, current);
    Client changed =
        ClientJson.read(
            current.tenant(),
            current.id(),
            ClientProofJson.changed(current, body, egress),
            current.createdAt(),
            body);
    requireReach(call, changed);
    return changed;
  }

  private Made rotate(Call call, Client current, ObjectNode body) {
    requireReach(call, current);
    AuthMethod method = secrets(current).method();
    Secret secret = tokens.token();
    Client rotated = current.withProof(new Proof.Secrets(method, List.of(kept(call, secret))));
    if (!clients.replace(current, rotated)) {
      throw Problem.PRECONDITION_FAILED.because("the client was changed at this moment");
    }
    return new Made(ClientJson.write(rotated), Map.of(ClientJson.SECRET, secret));
  }

  private ClientSecret kept(Call call, Secret secret) {
    return new ClientSecret(
        tokens.id("secret"), TokenHash.of(secret), call.now().truncatedTo(ChronoUnit.MILLIS));
  }

  /// @throws Refused for a client that has none
  static Proof.Secrets secrets(Client client) {
    return switch (client.proof()) {
      case Proof.Secrets secrets -> secrets;
      case Proof.Nothing _ -> throw PUBLIC_CLIENT.because("client '" + client.id() + "' is public");
      case Proof.Keys _ ->
          throw NO_SECRETS.because("client '" + client.id() + "' signs assertions");
    };
  }

  private Made giveMandate(Call call, Client current, ObjectNode body) {
    requireReach(call, current);
    if (!StandingMandates.areFor(current)) {
      throw NOT_A_SERVICE.because("client '" + current.id() + "' lacks client_credentials");
    }
    Mandate mandate = give(call, current);
    return Made.of(ClientJson.write(current).put("mandate_id", mandate.id().value()));
  }

  private Mandate give(Call call, Client client) {
    Tenant tenant = tenants.find(call.tenant());
    if (tenant == null) {
      throw new IllegalStateException("tenant " + call.tenant() + " is gone under a call");
    }
    return standing.give(tenant, client, call.now());
  }

  private boolean delete(Call call, Client current) {
    requireReach(call, current);
    return clients.delete(current, call.now());
  }

  static void requireReach(Call call, Client client) {
    List<String> scopes = client.scopes().stream().filter(AdminScope::exists).toList();
    if (!scopes.isEmpty() && StandingMandates.areFor(client)) {
      Reach.requireLasting(call);
    }
    Reach.require(call, scopes, "client '" + client.id() + "' has");
  }
}
