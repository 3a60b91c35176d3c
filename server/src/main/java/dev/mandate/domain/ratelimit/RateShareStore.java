package dev.mandate.domain.ratelimit;

import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.util.List;

/// What nodes that share a database have taken of a limit together. All times are the database's.
public interface RateShareStore {
  /// After which the places of a process that does not show that it lives are free for others.
  Duration SILENCE_MAX = Duration.ofSeconds(10);

  /// How much of a limit is taken or given back.
  ///
  /// @param owed taken already, and booked whatever is left; below 0 to give back
  /// @param want to be taken as far as it is left
  record Draw(
      TenantId tenant, String bucket, RateUnit unit, long perMinute, long owed, long want) {}

  /// @param granted of what was wanted
  /// @param left for anybody after that; below 0 where more was owed than there was
  record Drawn(long granted, double left) {}

  /// How many places a process wants to have of those for calls under way.
  ///
  /// @param inUse which it has in any case: calls that are under way go on when a limit is lowered
  record Seek(TenantId tenant, String bucket, long limit, long inUse, long want) {}

  /// Shows that this process lives. One that was silent for [#SILENCE_MAX] has lost its places.
  ///
  /// @return how many live, this one among them
  int beat(String boot);

  /// The process ends: its places are free.
  void leave(String boot);

  /// Each limit is held as one bucket over all nodes, which runs off evenly.
  ///
  /// @return in the order of the draws
  List<Drawn> draw(List<Draw> draws);

  /// All that live never have more places together than the limit, beyond those in use.
  ///
  /// @return how many the process has now, in the order of the seeks
  List<Long> seek(String boot, List<Seek> seeks);
}
