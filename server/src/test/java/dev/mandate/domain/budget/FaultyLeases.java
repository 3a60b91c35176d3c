package dev.mandate.domain.budget;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// A node's way to the store of leases, which loses, doubles and delays what it carries.
final class FaultyLeases implements LeaseStore {
  static final class Lost extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Lost(String what) {
      super(what);
    }
  }

  private final LeaseStore store;
  private final RandomGenerator random;
  private final List<Runnable> delayed = new ArrayList<>();

  /// Of a hundred messages, this many go wrong.
  int faults;

  int happened;

  FaultyLeases(LeaseStore store, RandomGenerator random) {
    this.store = store;
    this.random = random;
  }

  void deliverOne() {
    if (!delayed.isEmpty()) {
      delayed.remove(random.nextInt(delayed.size())).run();
    }
  }

  void deliverAll() {
    while (!delayed.isEmpty()) {
      deliverOne();
    }
  }

  private <T> T carry(Supplier<T> message) {
    if (random.nextInt(100) >= faults) {
      return message.get();
    }
    happened++;
    return switch (random.nextInt(4)) {
      case 0 -> throw new Lost("the request is lost");
      case 1 -> throw new Lost("the answer is lost, and was " + message.get());
      case 2 -> {
        delayed.add(
            () -> {
              var _ = message.get();
            });
        throw new Lost("the request arrives later");
      }
      default -> {
        var _ = message.get();
        yield message.get();
      }
    };
  }

  @Override
  public long join(String node) {
    return store.join(node);
  }

  @Override
  public int beat(String node) {
    return carry(() -> store.beat(node));
  }

  @Override
  public List<Lease> adjust(String node, List<Ask> asks) {
    List<Ask> sent = List.copyOf(asks);
    return carry(() -> store.adjust(node, sent));
  }

  @Override
  public Map<Window, Long> append(String node, List<LedgerEntry> entries) {
    List<LedgerEntry> sent = List.copyOf(entries);
    return carry(() -> store.append(node, sent));
  }

  @Override
  public Set<String> recall(String node, AccountId account, long order) {
    return carry(() -> store.recall(node, account, order));
  }

  @Override
  public Set<String> unanswered(String node, AccountId account) {
    return carry(() -> store.unanswered(node, account));
  }

  @Override
  public List<Recall> recalls(String node) {
    return carry(() -> store.recalls(node));
  }

  @Override
  public void answer(String node, List<Recall> recalls) {
    List<Recall> sent = List.copyOf(recalls);
    var _ =
        carry(
            () -> {
              store.answer(node, sent);
              return sent;
            });
  }

  @Override
  public List<Held> held(AccountId account) {
    return carry(() -> store.held(account));
  }
}
