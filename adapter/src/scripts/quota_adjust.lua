-- The balance of the quota hash KEYS[1] up by ARGV[1], which may be negative; nothing where there is no hash.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local balance = money(redis.call('HGET', KEYS[1], 'balance') or '0')
redis.call('HSET', KEYS[1], 'balance', written(plus(balance, money(ARGV[1]))))
return 1
