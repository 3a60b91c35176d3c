package dev.mandate.gateway;

import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.Tags;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.ratelimit.Pass;
import dev.mandate.domain.ratelimit.RatePath;
import dev.mandate.domain.upstream.Model;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.classifying.Classifying;
import dev.mandate.gateway.keeping.KeptRoute;
import dev.mandate.gateway.mandating.ProviderKeys;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Target;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Mount;
import dev.mandate.gateway.routing.Route;
import dev.mandate.platform.observe.RequestFacts;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A call on its way through the stages: what they found out so far. Touched by its event loop
/// only.
final class PendingCall {
  final String id;
  final RequestFacts facts;

  /// Where it goes; another upstream's when its own did not serve it.
  Mount mount;

  String path;
  @Nullable String query;

  /// Why it goes elsewhere; null where the caller sent it.
  Detours.@Nullable Detour detour;

  final HttpServerRequest exchange;
  final Context loop;

  /// The changes heard when its rights were looked up.
  long generation;

  int restarts;
  @Nullable Caller caller;

  /// Whether the caller proved to have the key of its token.
  boolean proved;

  @Nullable Endpoint endpoint;

  /// As [Tags#parse] gives them.
  String tags = Tags.NONE;

  /// Null for a call of a model.
  @Nullable KeptRoute kept;

  /// What its body names of what the provider keeps; null before that was found.
  @Nullable List<StoredObject> objects;

  @Nullable Route route;
  @Nullable Target target;
  @Nullable Standing standing;
  @Nullable ProviderKeys keys;
  @Nullable Buffer body;

  /// What its prompt is about; null where nobody looks.
  Classifying.@Nullable Read classified;

  @Nullable String model;

  /// The rate limits that it must fit.
  @Nullable RatePath rates;

  /// How often more of what nodes share was drawn for it.
  int draws;

  /// What it has taken of them, until the relay sees to it.
  Pass pass = Pass.FREE;

  boolean refused;

  /// How often more was fetched for its budget, and what came of it the last time.
  int refills;

  Budgets.@Nullable Refilled refilled;

  /// How long it waited for its body, beginning with minus the time when it began to.
  long bodyNanos;

  /// When its body must have arrived; read by the watch as well.
  volatile long bodyDeadline;

  PendingCall(
      RequestFacts facts, Mount mount, String path, HttpServerRequest exchange, Context loop) {
    this.id = facts.id();
    this.facts = facts;
    this.mount = mount;
    this.path = path;
    this.query = exchange.query();
    this.exchange = exchange;
    this.loop = loop;
  }

  /// Who calls what, for the ledger.
  Call billed(
      Caller billed, Endpoint of, Target at, Rights rights, Standing.Entry entry, Model model) {
    return new Call(
        rights.mandate().tenant(),
        id,
        billed.mandate(),
        entry.place(),
        rights.mandate().client(),
        rights.mandate().user(),
        billed.apiKey(),
        at.upstream().name(),
        model.name(),
        of.wire(),
        at.upstream().priceVersion(),
        tags);
  }
}
