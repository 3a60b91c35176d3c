package dev.mandate.oauth.consent;

import dev.mandate.domain.access.AdminScope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The admin API's scopes in words that a person can judge.
final class AdminWords {
  private AdminWords() {}

  /// As it goes on after "may".
  static String of(AdminScope scope) {
    return switch (scope) {
      case TENANTS_READ -> "see the organisation's settings";
      case TENANTS_WRITE -> "change the organisation's settings";
      case USERS_READ -> "see everybody's accounts";
      case USERS_WRITE -> "add and disable people, and change their roles";
      case ENTITLEMENTS_READ -> "see what each role may give away";
      case ENTITLEMENTS_WRITE -> "change what each role may give away";
      case CLIENTS_READ -> "see the registered apps";
      case CLIENTS_WRITE -> "register, change and disable apps";
      case MANDATES_READ -> "see everybody's mandates";
      case MANDATES_REVOKE -> "revoke anybody's mandate";
      case UPSTREAMS_READ -> "see the model providers";
      case UPSTREAMS_WRITE -> "add and change model providers";
      case CREDENTIALS_READ -> "see which provider keys there are, not the keys";
      case CREDENTIALS_WRITE -> "add, replace and remove provider keys";
      case API_KEYS_READ -> "see which API keys there are, not the keys";
      case API_KEYS_WRITE -> "make and revoke API keys";
      case BUDGETS_READ -> "see budgets and what was spent";
      case BUDGETS_WRITE -> "change budgets";
      case NOTICES_READ -> "see everybody's notices, and where they are sent";
      case NOTICES_WRITE -> "acknowledge notices, and change where they are sent";
      case MONITORING_READ -> "see how apps and keys are used, and what was unusual";
      case MONITORING_WRITE -> "change what happens on unusual use, and let what was held go on";
      case AUDIT_READ -> "read the audit log";
      case PROMPTS_READ -> "read what was asked and answered, where that is kept";
      case PROMPTS_WRITE -> "decide whether what is asked and answered is kept";
      case VAULT_READ -> "see which master keys protect the secrets, not the keys";
      case VAULT_WRITE -> "put another master key in use";
    };
  }

  private static String group(AdminScope scope) {
    return switch (scope) {
      case TENANTS_READ, TENANTS_WRITE -> "The organisation";
      case USERS_READ, USERS_WRITE, ENTITLEMENTS_READ, ENTITLEMENTS_WRITE -> "People";
      case CLIENTS_READ, CLIENTS_WRITE, MANDATES_READ, MANDATES_REVOKE -> "Apps and mandates";
      case UPSTREAMS_READ, UPSTREAMS_WRITE, CREDENTIALS_READ, CREDENTIALS_WRITE ->
          "Model providers";
      case API_KEYS_READ, API_KEYS_WRITE -> "API keys";
      case BUDGETS_READ, BUDGETS_WRITE -> "Money";
      case NOTICES_READ, NOTICES_WRITE -> "Notices";
      case MONITORING_READ, MONITORING_WRITE -> "Monitoring";
      case AUDIT_READ -> "Records";
      case PROMPTS_READ, PROMPTS_WRITE -> "Texts of calls";
      case VAULT_READ, VAULT_WRITE -> "The vault";
    };
  }

  /// By what they are about, each in words.
  static List<ConsentView.AdminView> grouped(Collection<AdminScope> scopes) {
    Map<String, List<String>> byGroup = new LinkedHashMap<>();
    for (AdminScope scope : scopes) {
      byGroup.computeIfAbsent(group(scope), _ -> new ArrayList<>()).add(of(scope));
    }
    return byGroup.entrySet().stream()
        .map(group -> new ConsentView.AdminView(group.getKey(), group.getValue()))
        .toList();
  }
}
