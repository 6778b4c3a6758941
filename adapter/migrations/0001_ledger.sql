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
    -- Null for a new tenant, as in the original.
    daily_reset_at date,
    -- The first day of the month that monthly_used counts.
    monthly_reset_at date CHECK (extract(day FROM monthly_reset_at) = 1),
    version integer NOT NULL DEFAULT 0
);

CREATE TABLE billing_transaction (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    api_key_id bigint,
    trace_id varchar(64) NOT NULL UNIQUE,
    type text NOT NULL CHECK (type IN ('deduct', 'recharge', 'refund', 'adjust', 'hold')),
    status text NOT NULL CHECK (status IN ('pending', 'committed', 'reversed')),
    amount numeric(18,6) NOT NULL CHECK (amount <> 'NaN'),
    balance_before numeric(18,6) NOT NULL CHECK (balance_before <> 'NaN'),
    balance_after numeric(18,6) NOT NULL CHECK (balance_after <> 'NaN'),
    tokens integer,
    price_in_per_1k numeric(18,8),
    price_out_per_1k numeric(18,8),
    reversed_by bigint
);

-- One key per tenant. The original keeps four places of money here, which no sum of a six-place ledger equals.
CREATE TABLE api_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL UNIQUE,
    budget_limit numeric(18,6) CHECK (budget_limit <> 'NaN'),
    budget_used numeric(18,6) NOT NULL DEFAULT 0 CHECK (budget_used <> 'NaN')
);

CREATE TABLE api_key_quota (
    api_key_id bigint NOT NULL,
    quota_type text NOT NULL,
    -- Null where there is no limit to keep.
    total_quota bigint,
    used_quota bigint NOT NULL DEFAULT 0,
    reset_period text NOT NULL,
    -- What both count. The original does not say, and each writer takes it to be something.
    unit text NOT NULL CHECK (unit IN ('cents', 'micros')),
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

-- Usage of one request each: what is sent twice is on record once (P1-8 C).
CREATE TABLE usage_by_trace (
    trace_id varchar(64) PRIMARY KEY,
    api_key_id bigint NOT NULL,
    cost numeric(18,6) NOT NULL CHECK (cost <> 'NaN')
);
