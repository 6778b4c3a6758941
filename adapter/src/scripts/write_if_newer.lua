-- Fields of the quota hash KEYS[1], unless it has a version that is not older: ARGV: the version, seconds to live, `1` if
-- the fields are all there are, then names and values. A hash that is absent is made only of all fields.
local version, ttl, whole = ARGV[1], ARGV[2], ARGV[3] == '1'
if redis.call('EXISTS', KEYS[1]) == 0 then
  if not whole then return 0 end
else
  local there = redis.call('HGET', KEYS[1], 'version')
  if there and tonumber(there) >= tonumber(version) then return 0 end
end
redis.call('HSET', KEYS[1], 'version', version, unpack(ARGV, 4))
redis.call('EXPIRE', KEYS[1], ttl)
return 1
