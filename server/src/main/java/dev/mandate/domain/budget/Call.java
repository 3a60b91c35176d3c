package dev.mandate.domain.budget;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import org.jspecify.annotations.Nullable;

/// Who calls what, for the ledger.
///
/// @param id unique for ever; also the request's id
/// @param access the place of the access in the mandate
/// @param endpoint such as `chat.completions`
/// @param tags as [Tags#parse] gives them
public record Call(
    TenantId tenant,
    String id,
    MandateId mandate,
    int access,
    ClientId client,
    @Nullable UserId user,
    @Nullable ApiKeyId apiKey,
    String upstream,
    String model,
    String endpoint,
    String priceVersion,
    String tags) {

  /// Without tags.
  public Call(
      TenantId tenant,
      String id,
      MandateId mandate,
      int access,
      ClientId client,
      @Nullable UserId user,
      @Nullable ApiKeyId apiKey,
      String upstream,
      String model,
      String endpoint,
      String priceVersion) {
    this(
        tenant,
        id,
        mandate,
        access,
        client,
        user,
        apiKey,
        upstream,
        model,
        endpoint,
        priceVersion,
        Tags.NONE);
  }

  Call with(String others) {
    return new Call(
        tenant,
        id,
        mandate,
        access,
        client,
        user,
        apiKey,
        upstream,
        model,
        endpoint,
        priceVersion,
        others);
  }
}
