package dev.mandate.gateway.classifying;

import dev.mandate.domain.prompt.PromptBook;
import dev.mandate.domain.prompt.PromptClassifier;
import dev.mandate.domain.prompt.PromptRuling;
import dev.mandate.domain.prompt.PromptStore;
import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.prompt.RuleClassifier;
import dev.mandate.domain.prompt.ShippedRules;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.CallMeters;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.snapshot.FreshCache;
import dev.mandate.platform.observe.RequestFacts;
import io.vertx.core.MultiMap;
import io.vertx.core.WorkerExecutor;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What each tenant wants of prompts, in memory until its policy changes, and what that says of a
/// call. The texts are seen by the classifier alone: names of categories are all that goes on.
public final class Classifying {
  /// The caller's own word for what its prompt is about.
  public static final String HEADER = "mandate-prompt-category";

  private static final Logger log = LoggerFactory.getLogger(Classifying.class);
  private static final int TENANTS_MAX = 10_000;
  private static final int UNDER_WAY_MAX = 256;

  private final PromptStore prompts;
  private final CallMeters meters;
  private final ShippedRules shipped = ShippedRules.load();
  private final FreshCache<TenantId, Ready> tenants;
  private final AtomicInteger underWay = new AtomicInteger();

  public Classifying(GatewayParts parts, WorkerExecutor workers, CallMeters meters) {
    this.meters = meters;
    this.prompts = parts.prompts();
    this.tenants =
        new FreshCache<>(parts.vertx(), workers, TENANTS_MAX, parts.config().pendingLookupsMax());
  }

  /// What a tenant wants, ready to be asked.
  ///
  /// @param classifier null when it can't be loaded
  public record Ready(PromptBook book, @Nullable PromptClassifier classifier) {
    /// Whether anybody looks at prompts of this mandate: where it lists categories, it could be
    /// held to them no other way.
    public boolean looks(Standing standing) {
      return book.policy().classifies() || standing.listsCategories();
    }
  }

  /// What was found in a prompt.
  ///
  /// @param found names of categories
  /// @param unclassified why they could not be looked for; null when they were
  public record Read(Ready by, SortedSet<String> found, @Nullable Refusal unclassified) {}

  /// A body that was scanned and classified.
  public record Looked<T>(T scanned, Read read) {}

  public @Nullable Ready cached(TenantId tenant) {
    return tenants.cached(tenant);
  }

  public void load(TenantId tenant, BiConsumer<@Nullable Ready, @Nullable Throwable> then) {
    tenants.load(tenant, this::read, then);
  }

  public void policyChanged(TenantId tenant) {
    tenants.drop(tenant);
  }

  private Ready read(TenantId tenant) {
    PromptBook book = prompts.book(tenant);
    try {
      return new Ready(book, RuleClassifier.of(book, shipped, System::nanoTime));
    } catch (PromptClassifier.Failed e) {
      log.error("prompts of tenant {} can't be classified: {}", tenant, e.getMessage());
      return new Ready(book, null);
    }
  }

  /// Scans a body and classifies what it says. Blocking.
  ///
  /// @param scan hands on the texts
  /// @throws Refusal as the scan does, and when too much is under way
  public <T> Looked<T> look(Ready ready, Function<PromptText, T> scan) {
    if (underWay.incrementAndGet() > UNDER_WAY_MAX) {
      underWay.decrementAndGet();
      throw Refusal.of(Refusal.Code.OVERLOADED, "too many prompts are being classified, try again");
    }
    try {
      PromptText text = new PromptText(ready.book.policy().charactersMax());
      T scanned = scan.apply(text);
      return new Looked<>(scanned, classified(ready, text));
    } finally {
      underWay.decrementAndGet();
    }
  }

  private static Read classified(Ready ready, PromptText text) {
    if (text.isTooLong() && !ready.book.policy().failsOpen()) {
      return unclassified(
          ready,
          Refusal.of(
              Refusal.Code.PROMPT_TOO_LONG_TO_CLASSIFY,
              "the prompt's texts have more than %d characters, and can't be classified whole"
                  .formatted(ready.book.policy().charactersMax())));
    }
    Refusal down =
        Refusal.of(
            Refusal.Code.PROMPT_NOT_CLASSIFIED,
            "the prompt can't be classified at the moment; an administrator finds why in the log");
    if (ready.classifier == null) {
      return unclassified(ready, down);
    }
    try {
      return new Read(ready, ready.classifier.classify(text), null);
    } catch (PromptClassifier.Failed e) {
      log.error("a prompt was not classified: {}", e.getMessage());
    } catch (RuntimeException | StackOverflowError e) {
      // Its message might quote the text.
      log.error("a prompt was not classified: {}", e.getClass().getName());
    }
    return unclassified(ready, down);
  }

  private static Read unclassified(Ready ready, Refusal why) {
    return new Read(ready, Collections.emptySortedSet(), why);
  }

  /// A file that is sent to be kept, of which nobody here reads a word.
  ///
  /// @throws Refusal where everything has to be classified
  public static void requireReadable(Ready ready) {
    if (!ready.book.policy().failsOpen()) {
      throw Refusal.of(
          Refusal.Code.PROMPT_CATEGORY_NOT_ALLOWED,
          "what a file says can't be classified, and what can't be is refused here");
    }
  }

  /// Lets through what may go out.
  ///
  /// @param scopes of the access token; null for an API key
  /// @throws Refusal for what may not
  public void require(
      Read read,
      MultiMap headers,
      Standing standing,
      Standing.Entry entry,
      @Nullable Set<String> scopes,
      RequestFacts facts) {
    String declared = declared(headers);
    SortedSet<String> named = new TreeSet<>(read.found);
    if (declared != null && read.by.book.category(declared) != null) {
      named.add(declared);
    }
    facts.promptCategories(String.join(",", named));
    try {
      require(read, declared, standing, entry, scopes);
      meters.prompt(named, null);
    } catch (Refusal refusal) {
      meters.prompt(named, refusal.code());
      throw refusal;
    }
  }

  private static void require(
      Read read,
      @Nullable String declared,
      Standing standing,
      Standing.Entry entry,
      @Nullable Set<String> scopes) {
    if (read.unclassified != null && !read.by.book.policy().failsOpen()) {
      throw read.unclassified;
    }
    Set<String> held =
        new TreeSet<>(standing.rights() == null ? Set.of() : standing.rights().scopes());
    if (scopes != null) {
      held.retainAll(scopes);
    }
    PromptRuling ruling =
        PromptRuling.of(
            read.by.book,
            read.found,
            declared,
            new PromptRuling.Sender(
                entry.access().categories(),
                held,
                standing.rights() == null ? null : standing.rights().role()));
    switch (ruling) {
      case PromptRuling.Allowed _ -> {}
      case PromptRuling.Denied(var category, var why) ->
          throw notAllowed("the prompt category '" + category + "' " + why);
      case PromptRuling.Uncategorized _ ->
          throw notAllowed("no category was found in the prompt, and none was declared");
      case PromptRuling.Contradicted(var word, var found) ->
          throw Refusal.of(
              Refusal.Code.PROMPT_CATEGORY_CONTRADICTED,
              "the prompt was declared as '" + word + "' and found to be " + found);
      case PromptRuling.Unknown _ ->
          throw Refusal.of(
              Refusal.Code.PROMPT_CATEGORY_UNKNOWN,
              "there is no prompt category as the header " + HEADER + " names");
      case PromptRuling.NeedsApproval(var category) ->
          throw Refusal.of(
              Refusal.Code.APPROVAL_REQUIRED,
              "a prompt of the category '" + category + "' needs a person's approval");
    }
  }

  private static Refusal notAllowed(String detail) {
    return Refusal.of(Refusal.Code.PROMPT_CATEGORY_NOT_ALLOWED, detail);
  }

  private static @Nullable String declared(MultiMap headers) {
    List<String> all = headers.getAll(HEADER);
    if (all.size() > 1) {
      throw Refusal.of(
          Refusal.Code.PROMPT_CATEGORY_UNKNOWN,
          "the header " + HEADER + " is there more than once, expected one category");
    }
    return all.isEmpty() ? null : all.getFirst().strip();
  }
}
