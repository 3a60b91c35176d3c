package dev.mandate.gateway.keeping;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.ObjectOwner;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.providerstate.StoredObjectStore;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.budgeting.Holds;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.ProviderKeys;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Target;
import dev.mandate.gateway.prompting.Prompt;
import dev.mandate.gateway.prompting.Reference;
import dev.mandate.gateway.relay.Keeper;
import dev.mandate.gateway.relay.Relay;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.platform.observe.RequestFacts;
import io.vertx.core.Context;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What the gateway does about state at providers: for calls of a model that would reach it, and
/// for the routes that have nothing else to do.
public final class Keeping {
  /// OpenAI keeps an answer for so long, if it is in no conversation.
  private static final Duration RESPONSES_KEPT = Duration.ofDays(30);

  /// In the ledger, for calls that name no model.
  private static final String NO_MODEL = "-";

  final GatewayParts parts;
  final WorkerExecutor workers;
  final InstantSource clock;
  final StoredObjectStore store;
  final KeptObjects objects;
  final Relay relay;
  final Holds holds;

  public Keeping(GatewayParts parts, WorkerExecutor workers, KeptObjects objects, Relay relay) {
    this.parts = parts;
    this.workers = workers;
    this.clock = parts.clock();
    this.store = parts.storedObjects();
    this.objects = objects;
    this.relay = relay;
    this.holds = new Holds(parts.budgets());
  }

  /// A call of one of the routes that reach what is kept, as far as the pipeline has brought it.
  ///
  /// @param references that its body has
  /// @param body null where none is read
  /// @param isCurrent whether the rights are still those that were looked up
  /// @param again begins the call anew
  /// @param failed refuses it
  public record Request(
      RequestFacts facts,
      HttpServerRequest exchange,
      Context loop,
      KeptRoute route,
      Caller caller,
      Target target,
      Standing standing,
      Standing.Entry entry,
      ProviderKeys keys,
      List<Reference> references,
      @Nullable Buffer body,
      BooleanSupplier isCurrent,
      Runnable again,
      Consumer<Throwable> failed) {
    Mandate mandate() {
      Rights rights = standing.rights();
      if (rights == null) {
        throw new IllegalStateException("the call was admitted without a mandate");
      }
      return rights.mandate();
    }

    ObjectOwner owner() {
      return ObjectOwner.of(mandate());
    }

    Call billed() {
      Mandate mandate = mandate();
      return new Call(
          mandate.tenant(),
          facts.id(),
          mandate.id(),
          entry.place(),
          mandate.client(),
          mandate.user(),
          caller.apiKey(),
          target.upstream().name(),
          NO_MODEL,
          route.row().name(),
          target.upstream().priceVersion());
    }
  }

  /// On the event loop that the call arrived on.
  public void serve(Request request) {
    new KeptCall(this, request).begin();
  }

  /// Whether the provider is to keep this call's answer. Checks that the entry gives what the call
  /// would reach.
  ///
  /// @throws Refusal when it reaches state that the mandate doesn't give
  public static boolean keeps(
      Prompt prompt, Endpoint endpoint, Target target, Standing.Entry entry) {
    Prompt.State state = prompt.state();
    Model model = target.models().get(prompt.model());
    boolean given =
        target.provider() == Provider.OPENAI
            && entry.access().capabilities().contains(Capability.STORED_STATE)
            && model != null
            && model.capabilities().contains(Capability.STORED_STATE);
    if (!given && (Boolean.TRUE.equals(state.store()) || !state.references().isEmpty())) {
      throw Refusal.of(
          Refusal.Code.STORED_STATE_NOT_ALLOWED,
          Boolean.TRUE.equals(state.store())
              ? "'store' must be false: the mandate does not let the provider keep answers"
              : "the call names stored state of the provider's account, which the mandate does not"
                  + " give");
    }
    // Without a word the provider keeps it, and who was given that wants no less.
    return given && endpoint == Endpoint.RESPONSES_CREATE && !Boolean.FALSE.equals(state.store());
  }

  /// Finds what a prompt names.
  public void find(
      Standing standing,
      Target target,
      Prompt prompt,
      BiConsumer<@Nullable List<StoredObject>, @Nullable Throwable> then) {
    Rights rights = standing.rights();
    if (rights == null) {
      throw new IllegalStateException("the call was admitted without a mandate");
    }
    objects.find(
        rights.mandate().tenant(),
        ObjectOwner.of(rights.mandate()),
        target.upstream().name(),
        prompt.state().references(),
        then);
  }

  /// Gives the answer of a model its owner.
  public Keeper keeper(
      Context loop, Target target, Standing standing, ProviderKeys keys, Prompt prompt) {
    boolean lasting =
        prompt.state().references().stream().anyMatch(r -> r.kind() == ObjectKind.CONVERSATION);
    return (String id,
        ProviderKey key,
        BiConsumer<@Nullable Boolean, @Nullable Throwable> then) -> {
      Instant now = clock.instant();
      claim(
          loop,
          target,
          standing,
          keys,
          ObjectKind.RESPONSE,
          id,
          key,
          lasting ? null : now.plus(RESPONSES_KEPT),
          then);
    };
  }

  /// Writes down whose it is.
  void claim(
      Context loop,
      Target target,
      Standing standing,
      ProviderKeys keys,
      ObjectKind kind,
      String id,
      ProviderKey key,
      @Nullable Instant expiresAt,
      BiConsumer<@Nullable Boolean, @Nullable Throwable> then) {
    Rights rights = standing.rights();
    if (rights == null || !KeptRoute.canBeId(id)) {
      then.accept(null, new IllegalStateException("not an id that can be kept"));
      return;
    }
    Mandate mandate = rights.mandate();
    StoredObject object =
        new StoredObject(
            mandate.tenant(),
            target.upstream().name(),
            kind,
            id,
            ObjectOwner.of(mandate),
            mandate.id(),
            KeptKeys.payer(target, standing, keys),
            key.credential(),
            clock.instant(),
            expiresAt,
            null);
    var _ =
        workers
            .executeBlocking(() -> store.claim(object), false)
            .onComplete(
                mine ->
                    loop.runOnContext(
                        _ ->
                            then.accept(
                                mine ? true : null,
                                mine ? null : new IllegalStateException("somebody else has it"))),
                failure -> loop.runOnContext(_ -> then.accept(null, failure)));
  }
}
