package dev.mandate.storage;

import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.LedgerStore.Stretch;
import dev.mandate.domain.budget.LedgerStore.Sum;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// What an account spent in its windows, from their rows; a month is the sum of its days.
final class WindowRows {
  private final Map<Stretch, Sum> sums = new HashMap<>();

  void add(ResultSet row) throws SQLException {
    Stretch stretch = new Stretch(period(row), row.getLong("window_id"));
    Sum sum = new Sum(row.getLong("requests"), row.getLong("tokens"), row.getLong("cost_micros"));
    sums.merge(stretch, sum, Sum::plus);
    if (stretch.period() == Period.DAY) {
      sums.merge(new Stretch(Period.MONTH, CalendarWindows.month(stretch.id())), sum, Sum::plus);
    }
  }

  Map<Stretch, Sum> sums() {
    return sums;
  }

  static Period period(ResultSet row) throws SQLException {
    return Period.valueOf(Columns.text(row, "period").toUpperCase(Locale.ROOT));
  }
}
