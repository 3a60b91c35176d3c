package dev.mandate.domain.tier;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps a tenant's tiers.
public interface ModelTierStore {
  /// Tiers of one tenant.
  int TIERS_MAX = 50;

  @Nullable ModelTier find(TenantId tenant, String name);

  /// By name.
  List<ModelTier> all(TenantId tenant);

  /// How [#save] and [#remove] ended.
  enum Outcome {
    DONE,
    /// What is stored is not what was expected.
    UNEXPECTED,
    /// Another tier lists one of its models.
    OVERLAPS,
    /// The tenant has [#TIERS_MAX] tiers.
    FULL
  }

  /// Stores the tier if what is there equals `expected`. Announces `PolicyChanged`.
  ///
  /// @param expected null for a new one
  Outcome save(@Nullable ModelTier expected, ModelTier tier);

  /// Announces `PolicyChanged`.
  ///
  /// @return `DONE` or `UNEXPECTED`
  Outcome remove(ModelTier expected);
}
