-- quota_deduct(amount, daily, monthly, today, month, allow_negative): KEYS[1] the quota hash; ARGV: amount, requests in the
-- day, requests in the month, today, `1` if the balance is not looked at; of 0 requests nothing is checked or counted. All
-- or nothing. Answers {1, balance left} or {0, limit}.
local hash, amount, today, allow_negative = KEYS[1], money(ARGV[1]), ARGV[4], ARGV[5] == '1'
local daily, monthly = tonumber(ARGV[2]), tonumber(ARGV[3])
local function count(field) return tonumber(redis.call('HGET', hash, field) or 0) end
local function used_up(kind, used)
  local limit = redis.call('HGET', hash, kind .. '_quota')
  return limit and used > tonumber(limit)
end
local balance = money(redis.call('HGET', hash, 'balance') or '0')
local credit = money(redis.call('HGET', hash, 'credit_limit') or '0')
if not allow_negative and less(plus(balance, credit), amount) then return { 0, 'balance' } end
local daily_used = daily
if redis.call('HGET', hash, 'daily_reset_at') == today then daily_used = daily_used + count('daily_used') end
if daily > 0 and used_up('daily', daily_used) then return { 0, 'daily' } end
local monthly_used = monthly + count('monthly_used')
if monthly > 0 and used_up('monthly', monthly_used) then return { 0, 'monthly' } end
local left = minus(balance, amount)
redis.call('HSET', hash, 'balance', written(left))
if daily > 0 then redis.call('HSET', hash, 'daily_used', daily_used, 'daily_reset_at', today) end
if monthly > 0 then redis.call('HSET', hash, 'monthly_used', monthly_used) end
redis.call('HINCRBY', hash, 'version', 1)
return { 1, written(left) }
