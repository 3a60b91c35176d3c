package dev.mandate.domain.recovery;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the sequence of revocations on, keeps how far this node's log has got, and ends what
/// nobody can vouch for.
public interface RecoveryStore {
  /// A change in the order of the commits.
  record Row(long seq, Instant at, Change change) {}

  /// How far this node's log has got: it holds the sequence up to `seq`, and its line `mark`.
  record Place(long seq, String mark) {}

  /// @param after the number of the last row that was read
  List<Row> after(long after, int limit);

  /// The number of its last row; 0 when there is none.
  long end();

  @Nullable Place place();

  void keep(Place place);

  /// When this database was copied for keeping, if it is such a copy and nobody has settled yet
  /// what of it still holds.
  @Nullable Instant copyTakenAt();

  /// It is a copy no more.
  void settle();

  /// The latest time that the database knows of: about when it was copied.
  Instant latest();

  /// Ends all sessions of the tenant's people.
  ///
  /// @return how many
  int endSessions(TenantId tenant);

  /// Ends every refresh token.
  ///
  /// @return how many families
  int endRefreshTokens(TenantId tenant, Instant now);

  /// Revokes every API key that is not revoked. Announces each.
  ///
  /// @return how many
  int endApiKeys(TenantId tenant, Instant now);

  /// Revokes every mandate that is not revoked, with what hangs on it. Announces each.
  ///
  /// @return how many
  int endMandates(TenantId tenant, Instant now);
}
