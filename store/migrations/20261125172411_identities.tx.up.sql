-- Who somebody is at a provider of OpenID Connect, bound to one of our people by
-- issuer and subject and never by e-mail; and the sign-ins that are under way.
CREATE TABLE identities (
    issuer    text   NOT NULL,
    subject   text   NOT NULL,
    member    bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_member ON identities (member);

CREATE TABLE sign_ons (
    state      bytea PRIMARY KEY, -- SHA-256
    browser    bytea NOT NULL,    -- SHA-256 of the cookie of who began it
    nonce      text  NOT NULL,
    verifier   text  NOT NULL,    -- PKCE
    target     text  NOT NULL,    -- where to go afterwards
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_ons_by_end ON sign_ons (expires_at);
