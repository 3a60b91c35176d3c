package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.providerstate.StoredObjectId;
import dev.mandate.domain.providerstate.StoredObjectStore;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/stored_objects`: what providers keep for callers, and whose it is. Never what is in
/// it.
public final class StoredObjectsApi {
  private static final Schema OBJECT =
      Schema.answer("StoredObject", "Something that a provider keeps for a caller.")
          .with("id", Schema.text())
          .with("upstream_id", Schema.text())
          .with("kind", Schema.oneOf(ObjectKind.wires()))
          .with("provider_id", Schema.text().describe("What the provider calls it."))
          .maybe("user_id", Schema.text().describe("Whose it is; the client's when absent."))
          .with("client_id", Schema.text())
          .with("mandate_id", Schema.text().describe("That made it."))
          .with("credential_id", Schema.text().describe("With which it is found."))
          .with("created_at", Schema.instant())
          .maybe("expires_at", Schema.instant().describe("When the provider forgets it."));

  private final StoredObjectStore objects;

  public StoredObjectsApi(StoredObjectStore objects) {
    this.objects = objects;
  }

  public List<Operation> operations() {
    Single<StoredObject> one =
        new Single<>("/stored_objects/{object_id}", OBJECT, this::find, (_, found) -> json(found));
    return List.of(
        Operation.list(
                "listStoredObjects",
                AdminScope.MANDATES_READ,
                "/stored_objects",
                OBJECT,
                this::page)
            .says("Lists what providers keep for callers")
            .filter("user_id", Schema.text(), "Only this person's.")
            .filter("client_id", Schema.text(), "Only what this client made.")
            .filter("upstream_id", Schema.text(), "Only at this upstream.")
            .filter("kind", Schema.oneOf(ObjectKind.wires()), "Only of this kind."),
        Operation.read("readStoredObject", AdminScope.MANDATES_READ, one)
            .says("Reads whose an object at a provider is"),
        Operation.remove("deleteStoredObject", AdminScope.MANDATES_REVOKE, one, this::withdraw)
            .says(
                "Takes an object from its owner, on all nodes at once; at the provider it stays"
                    + " until it is deleted there")
            .audited("stored_object.withdrawn"));
  }

  private @Nullable StoredObject find(Call call) {
    StoredObject found = objects.find(call.tenant(), new StoredObjectId(call.path("object_id")));
    return found == null || found.deletedAt() != null ? null : found;
  }

  private Page page(Call call, Page.Range range) {
    String user = call.query("user_id");
    String client = call.query("client_id");
    String kind = call.query("kind");
    return Page.of(
        objects.page(
            call.tenant(),
            new StoredObjectStore.Filter(
                user == null ? null : new UserId(user),
                client == null ? null : new ClientId(client),
                call.query("upstream_id"),
                kind == null ? null : ObjectKind.ofWire(kind)),
            range.after() == null ? null : new StoredObjectId(range.after()),
            range.rows()),
        range,
        StoredObjectsApi::json,
        one -> one.id().value());
  }

  private boolean withdraw(Call call, StoredObject expected) {
    return objects.withdraw(call.tenant(), expected.id(), call.now());
  }

  private static ObjectNode json(StoredObject object) {
    ObjectNode node =
        Json.object()
            .put("id", object.id().value())
            .put("upstream_id", object.upstream())
            .put("kind", object.kind().wire())
            .put("provider_id", object.providerId());
    if (object.owner().user() != null) {
      node.put("user_id", object.owner().user().value());
    }
    node.put("client_id", object.owner().client().value())
        .put("mandate_id", object.mandate().value())
        .put("credential_id", object.credentialId())
        .put("created_at", object.createdAt().toString());
    return object.expiresAt() == null
        ? node
        : node.put("expires_at", object.expiresAt().toString());
  }
}
