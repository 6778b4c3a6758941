-- Money as whole units and millionths of it, 0 to 999999, which count upwards from the units also below zero: -0.3 is
-- -1 and 700000. Micro-units of numeric(18,6) in one number would leave the 2^53 that a double holds exactly.
local function carried(units, millionths)
  local carry = math.floor(millionths / 1000000)
  return { units + carry + 0, millionths - carry * 1000000 }
end
local function money(text)
  local sign, units, fraction = string.match(text, '^(-?)(%d+)%.?(%d*)$')
  if not sign or #fraction > 6 then
    -- What Lua numbers have left there.
    sign, units, fraction = string.match(string.format('%.6f', tonumber(text)), '^(-?)(%d+)%.(%d+)$')
  end
  local millionths = tonumber(string.sub(fraction .. '000000', 1, 6))
  if sign == '-' then return carried(-tonumber(units), -millionths) end
  return { tonumber(units), millionths }
end
local function plus(a, b) return carried(a[1] + b[1], a[2] + b[2]) end
local function minus(a, b) return carried(a[1] - b[1], a[2] - b[2]) end
local function less(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end
local function written(a)
  local units, millionths = a[1], a[2]
  if units >= 0 then return string.format('%.0f.%06d', units, millionths) end
  if millionths == 0 then return string.format('-%.0f.000000', -units) end
  return string.format('-%.0f.%06d', -units - 1, 1000000 - millionths)
end
