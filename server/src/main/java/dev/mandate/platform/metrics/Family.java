package dev.mandate.platform.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;

/// The series of one metric in one array, by the places of their labels. A series is made when it
/// is first used, so that what never happens takes no line; from then on finding it is arithmetic.
final class Family<S> {
  private final List<Label<?>> labels;
  private final AtomicReferenceArray<S> series;
  private final Function<List<String>, S> make;

  /// @param make of names and values of labels, in turn
  Family(List<Label<?>> labels, Function<List<String>, S> make) {
    this.labels = labels;
    this.make = make;
    int size = 1;
    for (Label<?> label : labels) {
      size = Math.multiplyExact(size, label.size());
    }
    this.series = new AtomicReferenceArray<>(size);
  }

  private S at(int count, int a, int b, int c, int d) {
    if (count != labels.size()) {
      throw new IllegalArgumentException(count + " labels given, expected " + labels.size());
    }
    int index = a;
    if (count > 1) {
      index = index * labels.get(1).size() + b;
    }
    if (count > 2) {
      index = index * labels.get(2).size() + c;
    }
    if (count > 3) {
      index = index * labels.get(3).size() + d;
    }
    S known = series.get(index);
    return known != null ? known : add(index, new int[] {a, b, c, d});
  }

  S at() {
    return at(0, 0, 0, 0, 0);
  }

  S at(int a) {
    return at(1, a, 0, 0, 0);
  }

  S at(int a, int b) {
    return at(2, a, b, 0, 0);
  }

  S at(int a, int b, int c) {
    return at(3, a, b, c, 0);
  }

  S at(int a, int b, int c, int d) {
    return at(4, a, b, c, d);
  }

  private synchronized S add(int index, int[] places) {
    S known = series.get(index);
    if (known != null) {
      return known;
    }
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      pairs.add(labels.get(i).name());
      pairs.add(labels.get(i).text(places[i]));
    }
    S made = make.apply(pairs);
    series.set(index, made);
    return made;
  }
}
