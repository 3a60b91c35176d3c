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
import dev.mandate.domain.notice.AlertAddress;
import dev.mandate.domain.notice.AlertAddressStore;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.mail.MailAddress;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// `/admin/v1/alert_addresses`: where a tenant's notices are mailed.
public final class AlertAddressesApi {
  /// A mail address, wherever a resource has one.
  static final Schema MAIL_ADDRESS =
      Schema.pattern("^" + MailAddress.PATTERN + "$", MailAddress.CHARACTERS_MAX);

  private static final Problem THERE =
      new Problem(409, "address_there", "The tenant has this alert address");

  private static final Problem TOO_MANY =
      new Problem(
          409,
          "too_many_addresses",
          "A tenant has at most " + AlertAddressStore.PER_TENANT_MAX + " alert addresses");

  private static final Schema ADDRESS =
      Schema.answer("AlertAddress", "Where notices are mailed.")
          .with("id", Schema.text())
          .with("address", MAIL_ADDRESS)
          .with("created_at", Schema.instant());

  private static final Schema NEW_ADDRESS =
      Schema.body("NewAlertAddress", "Where notices are to be mailed.")
          .with("address", MAIL_ADDRESS.example("security@acme.example"));

  private final AlertAddressStore addresses;
  private final TokenSource ids;

  public AlertAddressesApi(AlertAddressStore addresses, TokenSource ids) {
    this.addresses = addresses;
    this.ids = ids;
  }

  public List<Operation> operations() {
    Single<AlertAddress> one =
        new Single<>(
            "/alert_addresses/{alert_address_id}",
            ADDRESS,
            call -> addresses.find(call.tenant(), call.path("alert_address_id")),
            (_, address) -> json(address));
    return List.of(
        Operation.list(
                "listAlertAddresses",
                AdminScope.NOTICES_READ,
                "/alert_addresses",
                ADDRESS,
                this::page)
            .says("Lists where notices are mailed"),
        Operation.create(
                "addAlertAddress",
                AdminScope.NOTICES_WRITE,
                "/alert_addresses",
                NEW_ADDRESS,
                ADDRESS,
                this::add)
            .says("Adds an address that every notice of the tenant is mailed to")
            .audited("alert_address.added")
            .mayRefuse(THERE, TOO_MANY),
        Operation.read("readAlertAddress", AdminScope.NOTICES_READ, one)
            .says("Reads an alert address"),
        Operation.remove(
                "removeAlertAddress",
                AdminScope.NOTICES_WRITE,
                one,
                (call, address) -> addresses.delete(call.tenant(), address.id()))
            .says("Removes an alert address")
            .audited("alert_address.removed"));
  }

  private Page page(Call call, Page.Range range) {
    return Page.of(
        addresses.page(call.tenant(), range.after(), range.rows()),
        range,
        AlertAddressesApi::json,
        AlertAddress::id);
  }

  private Made add(Call call, ObjectNode body) {
    AlertAddress address =
        new AlertAddress(
            call.tenant(),
            ids.id("adr"),
            new MailAddress(body.required("address").asText()),
            call.now().truncatedTo(ChronoUnit.MILLIS));
    return switch (addresses.insert(address)) {
      case DONE -> Made.of(json(address));
      case THERE -> throw THERE.because("it is in the list already");
      case FULL -> throw TOO_MANY.because("remove one first");
    };
  }

  private static ObjectNode json(AlertAddress address) {
    return Json.object()
        .put("id", address.id())
        .put("address", address.address().value())
        .put("created_at", address.createdAt().toString());
  }
}
