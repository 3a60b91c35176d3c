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
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.client.Proof;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/clients/{client_id}/secrets`: a client's secrets, of which two hold at a time, so
/// that every place that has the old one can be given the new one before the old one is retired.
public final class ClientSecretsApi {
  private static final String PATH = "/clients/{client_id}/secrets";

  private static final Problem TWO_SECRETS =
      new Problem(409, "two_secrets", "The client has two secrets already; retire one first");

  private static final Problem LAST_SECRET =
      new Problem(409, "last_secret", "The client's last secret cannot be retired");

  private static final Schema SECRET =
      Schema.answer("ClientSecret", "A secret of a client, which nobody can read again.")
          .with("id", Schema.text())
          .with("created_at", Schema.instant());

  private static final Schema SHOWN_ONCE =
      SECRET
          .with(ClientJson.SECRET, Schema.text().describe("In this answer only."))
          .named("NewClientSecretShown", "A new secret of a client.");

  private static final Schema NEW_SECRET =
      Schema.body("NewClientSecret", "A secret to be; the server makes it.");

  private final ClientStore clients;
  private final TokenSource tokens;

  public ClientSecretsApi(ClientStore clients, TokenSource tokens) {
    this.clients = clients;
    this.tokens = tokens;
  }

  /// A secret and the client as it was when that was found.
  private record Held(Client client, ClientSecret secret) {}

  public List<Operation> operations() {
    Single<Held> one =
        new Single<>(PATH + "/{secret_id}", SECRET, this::find, (_, held) -> json(held.secret));
    return List.of(
        Operation.list("listClientSecrets", AdminScope.CLIENTS_READ, PATH, SECRET, this::page)
            .says("Lists a client's secrets, oldest first; none for one that has none"),
        Operation.create(
                "addClientSecret",
                AdminScope.CLIENTS_WRITE,
                PATH,
                NEW_SECRET,
                SHOWN_ONCE,
                this::add)
            .says("Gives a client a second secret; the first one holds on until it is retired")
            .audited("client.secret_added")
            .mayRefuse(
                TWO_SECRETS,
                ClientsApi.PUBLIC_CLIENT,
                ClientsApi.NO_SECRETS,
                Reach.BEYOND,
                Reach.NEEDS_API_KEY),
        Operation.read("readClientSecret", AdminScope.CLIENTS_READ, one)
            .says("Reads when a secret was made"),
        Operation.remove("retireClientSecret", AdminScope.CLIENTS_WRITE, one, this::retire)
            .says("Retires one of two secrets, at once")
            .audited("client.secret_retired")
            .mayRefuse(LAST_SECRET, Reach.BEYOND, Reach.NEEDS_API_KEY));
  }

  private Client client(Call call) {
    Client client = clients.find(call.tenant(), new ClientId(call.path("client_id")));
    if (client == null) {
      throw Problem.NOT_FOUND.because("there is no such client");
    }
    return client;
  }

  private static List<ClientSecret> secrets(Client client) {
    return client.proof() instanceof Proof.Secrets(var _, var secrets) ? secrets : List.of();
  }

  private Page page(Call call, Page.Range range) {
    List<ClientSecret> behind = new ArrayList<>(secrets(client(call)));
    String after = range.after();
    while (after != null && !behind.isEmpty()) {
      if (behind.removeFirst().id().equals(after)) {
        after = null;
      }
    }
    return Page.of(
        behind.subList(0, Math.min(behind.size(), range.rows())),
        range,
        ClientSecretsApi::json,
        ClientSecret::id);
  }

  private @Nullable Held find(Call call) {
    Client client = client(call);
    return secrets(client).stream()
        .filter(secret -> secret.id().equals(call.path("secret_id")))
        .map(secret -> new Held(client, secret))
        .findFirst()
        .orElse(null);
  }

  private Made add(Call call, ObjectNode body) {
    Client client = client(call);
    ClientsApi.requireReach(call, client);
    Proof.Secrets before = ClientsApi.secrets(client);
    if (before.secrets().size() >= Proof.Secrets.MAX) {
      throw TWO_SECRETS.because("client '" + client.id() + "' has two secrets");
    }
    Secret secret = tokens.token();
    ClientSecret kept =
        new ClientSecret(
            tokens.id("secret"), TokenHash.of(secret), call.now().truncatedTo(ChronoUnit.MILLIS));
    List<ClientSecret> secrets = new ArrayList<>(before.secrets());
    secrets.add(kept);
    if (!clients.replace(client, client.withProof(new Proof.Secrets(before.method(), secrets)))) {
      // Of two that add at once, one finds that there are two now.
      throw TWO_SECRETS.because("client '" + client.id() + "' was changed at this moment");
    }
    return new Made(json(kept), Map.of(ClientJson.SECRET, secret));
  }

  private boolean retire(Call call, Held held) {
    Client client = held.client;
    ClientsApi.requireReach(call, client);
    Proof.Secrets before = ClientsApi.secrets(client);
    List<ClientSecret> left =
        before.secrets().stream().filter(secret -> !secret.equals(held.secret)).toList();
    if (left.isEmpty()) {
      throw LAST_SECRET.because(
          "it is the only one of client '" + client.id() + "'; add one first, or disable it");
    }
    return clients.replace(client, client.withProof(new Proof.Secrets(before.method(), left)));
  }

  private static ObjectNode json(ClientSecret secret) {
    return Json.object().put("id", secret.id()).put("created_at", secret.createdAt().toString());
  }
}
