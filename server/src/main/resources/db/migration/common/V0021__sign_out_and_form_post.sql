-- Where a client may have a browser sent after a sign-out (OpenID Connect RP-Initiated Logout 1.0).
ALTER TABLE clients ADD COLUMN post_logout_redirect_uris TEXT NOT NULL DEFAULT '[]';

-- How the answer travels (OAuth 2.0 Form Post Response Mode).
ALTER TABLE pending_authorizations ADD COLUMN response_mode TEXT NOT NULL DEFAULT 'QUERY';
