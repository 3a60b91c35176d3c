package dev.mandate.conformance;

import com.microsoft.playwright.Page;

/// The browser again, on PostgreSQL.
@On(Shared.POSTGRES)
class PostgresBrowserTest extends BrowserTest {
  @Override
  void shot(Page page, String name) {
    // The pages look the same.
  }
}
