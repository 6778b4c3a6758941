-- quota_count(amount, kind, date): KEYS[1] the quota hash; ARGV: amount, `daily` or `monthly`, the caller's date.
-- A stored date that differs from the caller's restarts the daily count, also backwards; the monthly one never restarts
-- and keeps no date. Answers 1, or 0 where the limit is used up, and then writes nothing.
local hash, amount, kind, date = KEYS[1], tonumber(ARGV[1]), ARGV[2], ARGV[3]
local used = tonumber(redis.call('HGET', hash, kind .. '_used') or 0)
if kind == 'daily' and redis.call('HGET', hash, 'daily_reset_at') ~= date then used = 0 end
local limit = redis.call('HGET', hash, kind .. '_quota')
if limit and used + amount > tonumber(limit) then return 0 end
redis.call('HSET', hash, kind .. '_used', used + amount)
if kind == 'daily' then redis.call('HSET', hash, 'daily_reset_at', date) end
return 1
