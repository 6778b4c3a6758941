-- The tables of the system under study, in whichever schema the search path names first.
-- numeric accepts NaN, and NaN is greater than every number, so each column of money refuses it.

CREATE TABLE tenant_quota (
    tenant_id text PRIMARY KEY,
    balance numeric(18,6) NOT NULL CHECK (balance <> 'NaN'),
    credit_limit numeric(18,6) NOT NULL DEFAULT 0 CHECK (credit_limit >= 0 AND credit_limit <> 'NaN'),
    daily_quota bigint NOT NULL,
    daily_used bigint NOT NULL DEFAULT 0,
    monthly_quota bigint NOT NULL,
    monthly_used bigint NOT NULL DEFAULT 0,
    daily_reset_at date,
    monthly_reset_at date,
    version integer NOT NULL DEFAULT 0
);

CREATE TABLE billing_transaction (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    api_key_id bigint,
    trace_id varchar(64) NOT NULL UNIQUE,
    type text NOT NULL CHECK (type IN ('deduct', 'recharge', 'refund', 'adjust')),
    status text NOT NULL CHECK (status IN ('pending', 'committed', 'reversed')),
    amount numeric(18,6) NOT NULL CHECK (amount <> 'NaN'),
    balance_before numeric(18,6) NOT NULL CHECK (balance_before <> 'NaN'),
    balance_after numeric(18,6) NOT NULL CHECK (balance_after <> 'NaN'),
    tokens integer,
    price_in_per_1k numeric(18,8),
    price_out_per_1k numeric(18,8),
    reversed_by bigint
);

CREATE TABLE api_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    budget_limit numeric(18,4) CHECK (budget_limit <> 'NaN'),
    budget_used numeric(18,4) NOT NULL DEFAULT 0 CHECK (budget_used <> 'NaN')
);

CREATE TABLE api_key_quota (
    api_key_id bigint NOT NULL,
    quota_type text NOT NULL,
    total_quota bigint NOT NULL,
    used_quota bigint NOT NULL DEFAULT 0,
    reset_period text NOT NULL,
    UNIQUE (api_key_id, quota_type)
);

CREATE TABLE api_key_usage (
    api_key_id bigint NOT NULL,
    day date NOT NULL,
    hour smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    request_count bigint NOT NULL DEFAULT 0,
    token_count bigint NOT NULL DEFAULT 0,
    cost numeric(18,6) NOT NULL DEFAULT 0 CHECK (cost <> 'NaN'),
    UNIQUE (api_key_id, day, hour)
);
